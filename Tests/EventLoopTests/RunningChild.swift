import EventLoop
import Glibc

/// A spawned child whose pipes are read on a loop of its own. Killed with its group when the test is done with it.
final class RunningChild {
    let loop: Loop
    let pid: Int32
    private(set) var output = ""
    private(set) var errors = ""
    private(set) var frames = ""
    private(set) var hasEnded = false
    private(set) var isOutputAtEnd = false

    private let process: SpawnedPipes
    private var registrations: [Registration] = []
    private var isReaped = false

    init(_ request: SpawnRequest) throws {
        let loop = try Loop()
        let spawned = try ChildProcess.spawn(request)
        self.loop = loop
        pid = spawned.pid
        process = SpawnedPipes(spawned)
        try watch(process.pidfd.raw) { child, _ in child.hasEnded = true }
        try watch(process.standardOutput.raw) { child, raw in
            let (text, isAtEnd) = readAvailable(raw)
            child.output += text
            child.isOutputAtEnd = child.isOutputAtEnd || isAtEnd
        }
        try watch(process.standardError.raw) { child, raw in child.errors += readAvailable(raw).text }
        try watch(process.fromWorker.raw) { child, raw in child.frames += readAvailable(raw).text }
    }

    deinit {
        if !isReaped {
            ChildProcess.signalGroup(pid, .kill)
            // A killed child ends at once; this waits for the kernel only.
            _ = waitpid(pid, nil, 0)
        }
        for registration in registrations { loop.deregister(registration) }
    }

    var pidfd: Int32 { process.pidfd.raw }
    var toWorker: Int32 { process.toWorker?.raw ?? -1 }

    func closeStandardInput() { process.standardInput = nil }
    func closeToWorker() { process.toWorker = nil }

    /// Waits for the end, reaps, and reads what is left in the pipes.
    func ending() throws -> ProcessEnding {
        guard try loop.turns(until: { hasEnded }), let ending = try ChildProcess.reap(process.pidfd.raw) else {
            throw ChildDoesNotEnd()
        }
        isReaped = true
        output += readAvailable(process.standardOutput.raw).text
        errors += readAvailable(process.standardError.raw).text
        frames += readAvailable(process.fromWorker.raw).text
        return ending
    }

    /// Edge-triggered, so that a descriptor at its end is not told in every turn.
    private func watch(_ raw: Int32, _ body: @escaping (RunningChild, Int32) -> Void) throws {
        let handler = ClosureHandler { [weak self] _ in
            if let self { body(self, raw) }
        }
        registrations.append(try loop.register(raw, [.readable, .edgeTriggered], handler: handler))
    }
}

struct ChildDoesNotEnd: Error {}

/// The descriptors of a spawned process, each of which can be closed by itself.
private final class SpawnedPipes {
    let pidfd: FileDescriptor
    var standardInput: FileDescriptor?
    let standardOutput: FileDescriptor
    let standardError: FileDescriptor
    var toWorker: FileDescriptor?
    let fromWorker: FileDescriptor

    init(_ process: consuming SpawnedProcess) {
        pidfd = process.pidfd
        standardInput = .some(process.standardInput)
        standardOutput = process.standardOutput
        standardError = process.standardError
        toWorker = .some(process.toWorker)
        fromWorker = process.fromWorker
    }
}
