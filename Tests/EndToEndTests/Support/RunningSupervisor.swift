import EventLoop
import Glibc
import Testing
import WireProtocol

/// The built program, started for one test in a directory of its own, killed with everything that it left at the end.
final class RunningSupervisor {
    let directory: TestDirectory
    let pid: Int32
    /// Where it listens, once `waitUntilListening` has read it from the log.
    private(set) var address: SocketAddress?
    /// The lines of its log that were read so far.
    private(set) var log: [LogLine] = []
    private(set) var status: EventLoop.ExitStatus?

    private let pidfd: FileDescriptor
    private let standardOutput: FileDescriptor
    private let standardError: FileDescriptor
    private let lifeLine: LifeLine
    private let gates: [String: Gate]
    private let gatesFolder: String
    private var partialLine: [UInt8] = []
    private var isLogAtEnd = false

    /// Starts it on scripted workers; does not wait for anything.
    ///
    /// - Parameters:
    ///   - settings: further members of the configuration, each with a comma in front.
    ///   - gates: names of the gates that scripts wait at.
    ///   - arguments: follow `serve FILE`.
    ///   - launcher: the words of a program that becomes the server, or starts it (then `pid` is its own); the server's command line follows them.
    convenience init(
        _ deployments: [TestDeployment] = [TestDeployment()], settings: String = "", gates: [String] = [],
        arguments: [String] = ["--port", "0"], environment: [(name: String, value: String)] = [],
        launcher: [String] = [], in directory: TestDirectory? = nil
    ) throws {
        let directory = try directory ?? TestDirectory()
        let folder = try RunningSupervisor.makeGatesFolder(in: directory)
        try directory.write("worker.py", ScriptedWorker.source)
        let file = try directory.write(
            "supervisor.json",
            RunningSupervisor.configuration(deployments, settings: settings, gates: folder, directory: directory.path))
        try self.init(
            words: [file] + arguments, launcher: launcher, gates: gates, gatesFolder: folder, environment: environment,
            in: directory)
    }

    /// Starts it on a model in `directory`; does not wait for anything.
    ///
    /// - Parameter words: follow `serve`.
    convenience init(
        serving words: [String], environment: [(name: String, value: String)] = [], in directory: TestDirectory
    ) throws {
        try self.init(
            words: words + ["--port", "0"], gates: [],
            gatesFolder: try RunningSupervisor.makeGatesFolder(in: directory), environment: environment, in: directory)
    }

    private init(
        words: [String], launcher: [String] = [], gates: [String], gatesFolder: String,
        environment: [(name: String, value: String)],
        in directory: TestDirectory
    ) throws {
        self.directory = directory
        self.gatesFolder = gatesFolder
        lifeLine = try LifeLine("\(gatesFolder)/alive")
        var made: [String: Gate] = [:]
        for name in gates { made[name] = try Gate("\(gatesFolder)/\(name)") }
        self.gates = made
        let process = try ChildProcess.spawn(
            SpawnRequest(
                arguments: launcher + [Executable.supervisor, "serve", "--state-dir", "\(directory.path)/state"]
                    + words,
                environment: RunningSupervisor.inherited + environment, workingDirectory: directory.path))
        pid = process.pid
        pidfd = process.pidfd
        standardOutput = process.standardOutput
        standardError = process.standardError
    }

    private static func makeGatesFolder(in directory: TestDirectory) throws -> String {
        let folder = "\(directory.path)/gates-\(MonotonicTime.now().nanoseconds)"
        guard mkdir(folder, 0o700) == 0 else { throw Failure("mkdir \(folder)") }
        return folder
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            // A killed process ends at once; this waits for the kernel only.
            _ = waitpid(pid, nil, 0)
        }
    }

    /// Nothing of the machine's own settings may reach the server under test.
    private static var inherited: [(name: String, value: String)] {
        ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].compactMap { name in
            getenv(name).map { (name, String(cString: $0)) }
        }
    }

    private static func configuration(
        _ deployments: [TestDeployment], settings: String, gates: String, directory: String
    ) -> String {
        let list = deployments.map { deployment in
            let words = deployment.command ?? ScriptedWorker.command(path: "\(directory)/worker.py")
            let command = words.map(\.json).joined(separator: ",")
            return """
                {"name":\(deployment.name.json),"command":[\(command)]\(deployment.members),"env":{
                "\(ScriptedWorker.gatesVariable)":\(gates.json),
                "\(ScriptedWorker.manifestVariable)":\(deployment.manifest.json),
                "\(ScriptedWorker.startVariable)":\(deployment.start.json)}}
                """
        }
        return "{\"deployments\":[\(list.joined(separator: ","))]\(settings)}"
    }

    /// Writes another configuration, which counts when it is told to read it again.
    func reconfigure(_ deployments: [TestDeployment], settings: String = "") throws {
        try directory.write(
            "supervisor.json",
            RunningSupervisor.configuration(
                deployments, settings: settings, gates: gatesFolder, directory: directory.path))
    }

    var stateDirectory: String { "\(directory.path)/state" }

    func gate(_ name: String) -> Gate {
        guard let gate = gates[name] else { preconditionFailure("the test did not ask for the gate \(name)") }
        return gate
    }

    // MARK: The log

    /// Waits for a line that fits, from the first that no earlier call has looked at.
    @discardableResult
    func waitForLog(_ what: String, _ deadline: Deadline = Deadline(), where fits: (LogLine) -> Bool) throws -> LogLine
    {
        var next = searched
        while true {
            while next < log.count {
                next += 1
                searched = next
                if fits(log[next - 1]) { return log[next - 1] }
            }
            guard !isLogAtEnd else { throw Failure("the log ended without: \(what)\n\(logText)") }
            do {
                try deadline.wait(for: standardError.raw, POLLIN, what)
            } catch {
                throw Failure("\(error)\n\(logText)")
            }
            readLog()
        }
    }

    private var searched = 0

    /// Reads what is there.
    func readLog() {
        let (bytes, isAtEnd) = readAvailable(standardError.raw)
        isLogAtEnd = isLogAtEnd || isAtEnd
        partialLine += bytes
        while let end = partialLine.firstIndex(of: 0x0A) {
            log.append(LogLine(Array(partialLine[..<end])))
            partialLine.removeFirst(end + 1)
        }
    }

    var logText: String { log.suffix(40).map(\.text).joined(separator: "\n") }

    @discardableResult
    func waitUntilListening() throws -> SocketAddress {
        if let address { return address }
        searched = 0
        let line = try waitForLog("the line that names the port") { $0.message.hasPrefix("listening on ") }
        let place = line.message.dropFirst("listening on ".count)
        let found: SocketAddress?
        if place.hasPrefix("unix:") {
            found = .unix(path: String(place.dropFirst("unix:".count)))
        } else {
            let parts = place.dropFirst("http://".count).split(separator: ":")
            found = parts.last.flatMap { UInt16($0) }.flatMap { SocketAddress(host: String(parts[0]), port: $0) }
        }
        guard let found else { throw Failure("no address in: \(line.text)") }
        address = found
        return found
    }

    /// Waits until so many workers are ready; answers their process ids.
    @discardableResult
    func waitUntilReady(_ workers: Int = 1) throws -> [Int32] {
        try waitUntilListening()
        return try (0..<workers).map { _ in
            let line = try waitForLog("a worker is ready") { $0.message.hasPrefix("worker ready") }
            guard let pid = line.pid else { throw Failure("no pid in: \(line.text)") }
            return pid
        }
    }

    // MARK: The end

    func signal(_ signal: ProcessSignal) {
        kill(pid, signal.number)
    }

    /// Waits for its end, and reads the rest of its log.
    @discardableResult
    func waitForEnd(_ deadline: Deadline = Deadline()) throws -> EventLoop.ExitStatus {
        if let status { return status }
        do {
            try deadline.wait(for: pidfd.raw, POLLIN, "the supervisor ends")
        } catch {
            readLog()
            throw Failure("\(error)\n\(logText)")
        }
        guard let ending = try ChildProcess.reap(pidfd.raw) else { throw Failure("readable, but not ended") }
        status = ending.status
        readLog()
        return ending.status
    }

    /// Waits until a scripted worker is there, ready or not.
    func waitForAWorker() throws {
        try lifeLine.waitForBeginning()
    }

    func waitForWorkersToEnd(_ deadline: Deadline = Deadline()) throws {
        try lifeLine.waitForEnd(deadline)
    }

    /// What it has printed to standard output so far.
    func output() -> String { String(decoding: readAvailable(standardOutput.raw).bytes, as: UTF8.self) }

    /// Bytes of memory that are resident.
    func residentBytes() throws -> Int {
        guard let file = fopen("/proc/\(pid)/statm", "r") else { throw Failure("no statm") }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 256)
        let count = fread(&text, 1, text.count, file)
        let fields = text[..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else {
            throw Failure("statm cannot be read")
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// One line of the server's log.
struct LogLine {
    let text: String
    private let value: JSONValue?

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        value = try? JSONValue.parse(bytes)
    }

    var message: String { value?["msg"]?.stringValue ?? text }
    var level: String? { value?["level"]?.stringValue }
    var pid: Int32? { value?["pid"]?.integerValue.flatMap { Int32(exactly: $0) } }
    var deployment: String? { value?["deployment"]?.stringValue }
    var predictionID: String? { value?["prediction_id"]?.stringValue }
}

extension String {
    /// As a JSON string.
    var json: String {
        var bytes: [UInt8] = []
        JSONWriter.appendString(self, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// All bytes that are there now, and whether the end was seen.
func readAvailable(_ raw: Int32) -> (bytes: [UInt8], isAtEnd: Bool) {
    var bytes: [UInt8] = []
    var isAtEnd = false
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
        reading: while true {
            switch Transfer.read(raw, into: buffer) {
            case .bytes(let count): bytes += buffer[..<count]
            case .wouldBlock: break reading
            case .closed, .failed:
                isAtEnd = true
                break reading
            }
        }
    }
    return (bytes, isAtEnd)
}
