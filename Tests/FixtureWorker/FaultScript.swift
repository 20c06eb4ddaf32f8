/// What a fixture worker is told to do outside of a handler's modes: steps with semicolons between them, done in their
/// order on the thread that was told.
///
/// | step               | what it does                                                                       |
/// |--------------------|------------------------------------------------------------------------------------|
/// | first:N PATH       | counts its calls in the file; from call N + 1 on, leaves out the rest of the script  |
/// | unless:PATH        | leaves out the rest of the script if the file is there                              |
/// | wait:PATH          | waits until the file is there                                                       |
/// | every `Fault`      | does it                                                                             |
///
/// So `first:2 /tmp/count;exit:1` exits the first two times, and `unless:/tmp/mended;crash:11` until somebody mends it.
struct FaultScript {
    private let steps: [(verb: String, object: String)]

    init(_ text: String) {
        steps = text.split(separator: ";").map { step in
            let parts = step.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// Does all steps.
    ///
    /// - Parameter own: Does steps that only the caller knows, and says whether it did.
    func run(own: (_ verb: String, _ object: String) throws -> Bool = { _, _ in false }) throws {
        for (verb, object) in steps {
            switch verb {
            case "first":
                let parts = object.split(separator: " ", maxSplits: 1)
                guard parts.count == 2, let most = Int(parts[0]) else { throw FixtureError("first:\(object)") }
                if countCall(String(parts[1])) > most { return }
            case "unless": if isThere(object) { return }
            case "wait": waitForFile(object)
            default: if try !own(verb, object) { try Fault.commit(verb, object) }
            }
        }
    }
}

/// A word that the fixture does not know.
struct FixtureError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) {
        description = "the fixture does not know: \(what)"
    }
}
