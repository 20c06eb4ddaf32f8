import EventLoop
import WireProtocol

/// Carries out a command to a running server: one request, and its answer in words or as JSON.
package struct ControlProgram {
    /// How long (nanoseconds) a server may take for what it answers at once.
    private static let patience: UInt64 = 10_000_000_000
    /// Beyond the time that the operator gives, so that the server's own answer comes first if there is one.
    private static let margin: UInt64 = 1_000_000_000
    private static let noColorVariable = "NO_COLOR"

    private let command: ControlCommand
    private let surroundings: Surroundings
    private let isTerminal: Bool

    /// - Parameter isTerminal: standard output is one.
    package init(_ command: ControlCommand, in surroundings: Surroundings, isTerminal: Bool) {
        self.command = command
        self.surroundings = surroundings
        self.isTerminal = isTerminal
    }

    /// Answers the exit code.
    package func run() -> Int32 {
        if case .status(let name, .ready) = command.verb { return ready(name).rawValue }
        do throws(ControlFinder.Failure) {
            return perform(at: try findSocket()).rawValue
        } catch {
            return say(error.text, .unavailable).rawValue
        }
    }

    private func findSocket() throws(ControlFinder.Failure) -> String {
        try ControlFinder(socket: command.socket, stateDirectory: command.stateDirectory, in: surroundings).find()
    }

    private func say(_ text: String, _ code: ExitCode) -> ExitCode {
        Console.error("supervisor: \(text)\n")
        return code
    }

    private func perform(at path: String) -> ExitCode {
        do throws(ControlClient.Failure) {
            switch command.verb {
            case .status(let name, .watch): return try StatusWatch(path: path, name: name, table: table).run()
            case .status(let name, let form): return try status(name, form, at: path)
            case .logs, .events: return try records(at: path)
            default: return try administer(at: path)
            }
        } catch {
            return say(error.text, .unavailable)
        }
    }

    // MARK: Status

    private var table: StatusTable {
        let isPlain = surroundings.environment[ControlProgram.noColorVariable].map { !$0.isEmpty } ?? false
        return StatusTable(width: isTerminal ? Terminal.columns() : nil, usesColor: isTerminal && !isPlain)
    }

    private func status(
        _ name: String?, _ form: ControlCommand.StatusForm, at path: String
    ) throws(ControlClient.Failure) -> ExitCode {
        var client = try ControlClient(path: path)
        let answer = try client.ask("GET", ControlProgram.statusPath(name), patience: ControlProgram.patience)
        guard answer.status == 200, let document = try? JSONValue.parse(answer.body) else {
            return refused(answer)
        }
        if form == .json {
            Console.output(String(decoding: answer.body, as: UTF8.self) + "\n")
        } else {
            Console.output(table.text(document))
        }
        return .success
    }

    static func statusPath(_ name: String?) -> String { name.map { "/status/\($0)" } ?? "/status" }

    /// For health checks, which know 0 and 1: no server is as unready as one whose workers load.
    private func ready(_ name: String?) -> ExitCode {
        let path: String
        do throws(ControlFinder.Failure) {
            path = try findSocket()
        } catch {
            return say(error.text, .failure)
        }
        do throws(ControlClient.Failure) {
            var client = try ControlClient(path: path)
            let answer = try client.ask("GET", ControlProgram.statusPath(name), patience: ControlProgram.patience)
            guard answer.status == 200, let document = try? JSONValue.parse(answer.body) else {
                return refused(answer)
            }
            let state = document["state"]?.stringValue ?? "unknown"
            Console.output("\(state)\n")
            return state == "ready" ? .success : .failure
        } catch {
            return say(error.text, .failure)
        }
    }

    /// Says what the server does not want.
    private func refused(_ answer: ControlClient.Answer) -> ExitCode {
        let document = try? JSONValue.parse(answer.body)
        let text = document?["message"]?.stringValue ?? document?["error"]?.stringValue
        return say(Brief.printable(text ?? "the server answered with status \(answer.status)"), .failure)
    }

    // MARK: Log and events

    private func records(at path: String) throws(ControlClient.Failure) -> ExitCode {
        let asJSON: Bool
        var query: [String]
        var isLog = false
        var follows = true
        switch command.verb {
        case .logs(let name, let worker, let lines, let follow, let json):
            (isLog, asJSON, follows) = (true, json, follow)
            query = ["lines=\(lines)", "follow=\(follow)"]
            if let name { query.append("deployment=\(name)") }
            if let worker { query.append("worker=\(worker)") }
        case .events(let name, let lines, let json):
            asJSON = json
            query = ["lines=\(lines)"]
            if let name { query.append("deployment=\(name)") }
        default: preconditionFailure("only these two are records")
        }
        let target = (isLog ? "/logs?" : "/events?") + query.joined(separator: "&")
        let show = { (data: [UInt8]) in
            Console.output(ControlProgram.line(data, isLog: isLog, asJSON: asJSON) + "\n")
        }
        var client = try ControlClient(path: path)
        if follows {
            let refusal = try client.follow(target) { event in
                if event.name == "gap" {
                    let missed = (try? JSONValue.parse(event.data))?["missed"]?.integerValue ?? 0
                    Console.error(
                        "supervisor: \(missed) records are missing here: they came faster than they were read\n")
                } else {
                    show(event.data)
                }
            }
            if let refusal { return refused(refusal) }
            Console.error("supervisor: the server has ended\n")
            return .success
        }
        let answer = try client.ask("GET", target, patience: ControlProgram.patience)
        guard answer.status == 200 else { return refused(answer) }
        for line in answer.body.split(separator: 0x0A) { show(Array(line)) }
        return .success
    }

    private static func line(_ data: [UInt8], isLog: Bool, asJSON: Bool) -> String {
        guard !asJSON, let record = try? JSONValue.parse(data) else { return String(decoding: data, as: UTF8.self) }
        return isLog ? RecordText.log(record).joined(separator: "\n") : RecordText.stateChange(record)
    }

    // MARK: Commands

    private func administer(at path: String) throws(ControlClient.Failure) -> ExitCode {
        let (target, body) = request
        var client = try ControlClient(path: path)
        let answer: ControlClient.Answer
        do throws(ControlClient.Failure) {
            let patience = command.waits ? command.timeout + ControlProgram.margin : ControlProgram.patience
            answer = try client.ask(
                "POST", "\(target)?wait=\(command.waits)", body: Array(body.utf8), patience: patience)
        } catch {
            guard error.isTimeout else { throw error }
            let time = Quantity.text(nanoseconds: command.timeout)
            return say("it was not done within \(time); it goes on, see supervisor status", .failure)
        }
        guard answer.status == 200 || answer.status == 202 else { return refused(answer) }
        let message = (try? JSONValue.parse(answer.body))?["message"]?.stringValue
        Console.output("\(Brief.printable(message ?? "done"))\n")
        return .success
    }

    private var request: (target: String, body: String) {
        switch command.verb {
        case .restart(let name, let worker):
            ("/deployments/\(name)/restart", worker.map { "{\"worker\":\($0)}" } ?? "")
        case .stop(let name): ("/deployments/\(name)/stop", "")
        case .start(let name): ("/deployments/\(name)/start", "")
        case .scale(let name, let workers): ("/deployments/\(name)/scale", "{\"workers\":\(workers)}")
        case .drain(let name?): ("/deployments/\(name)/drain", "")
        case .drain(nil): ("/drain", "")
        case .reset(let name): ("/deployments/\(name)/reset", "")
        case .reload: ("/reload", "")
        case .status, .logs, .events: preconditionFailure("they change nothing")
        }
    }
}
