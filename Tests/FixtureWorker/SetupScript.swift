import Glibc
import Worker

/// What the set-up does, from FIXTURE_SETUP: a `FaultScript` with some steps more.
///
/// | step          | what it does                                                                     |
/// |---------------|----------------------------------------------------------------------------------|
/// | progress:N    | reports N steps from 0 to 1 with messages `i of N`                               |
/// | report:SHARE  | reports that share of 1                                                          |
/// | load:N MS     | as `progress:N`, with a pause of MS milliseconds before each                     |
/// | loading:PATH  | reports again and again until the file is there                                  |
/// | log:TEXT      | logs a line                                                                      |
/// | fail:TEXT     | fails with this message                                                          |
/// | config:TEXT   | fails with this message, as an error of the configuration: status 78             |
struct SetupScript {
    private let script: FaultScript

    init(_ text: String) {
        script = FaultScript(text)
    }

    func run(_ setup: SetupContext) throws {
        try script.run { verb, object in
            switch verb {
            case "progress": Self.report(Int(object) ?? 1, pause: 0, setup)
            case "report": setup.progress(Double(object) ?? 0, "at \(object)")
            case "load":
                let numbers = object.split(separator: " ").compactMap { UInt32($0) }
                guard numbers.count == 2 else { throw FixtureError("load:\(object)") }
                Self.report(Int(numbers[0]), pause: numbers[1] * 1_000, setup)
            case "loading":
                while !isThere(object) {
                    setup.progress(nil, "loading")
                    usleep(pauseBetweenLooks)
                }
            case "log": setup.log(object)
            case "fail": throw HandlerError(object, kind: "SetupError")
            case "config": throw ConfigurationError(object)
            default: return false
            }
            return true
        }
    }

    private static func report(_ count: Int, pause: UInt32, _ setup: SetupContext) {
        for index in 1...max(count, 1) {
            if pause > 0 { usleep(pause) }
            setup.progress(Double(index) / Double(count), "\(index) of \(count)")
        }
    }
}
