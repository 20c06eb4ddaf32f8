import EventLoop

/// Runs the schema generator of the Python package for a model's directory, and passes on what it prints.
package final class SchemaPrinter {
    private let loop: Loop
    private let process: SpawnedProcess
    private var registrations: [Registration] = []
    private var signals: SignalSource?
    private var exitCode: Int32?

    /// Prints the schema of a model on standard output, or why there is none on standard error.
    ///
    /// - Parameters:
    ///   - path: the model's directory; nil: the current one.
    ///   - flags: `--predict`, `--train`, `--python`.
    /// - Returns: the exit code: that of the generator, or ours where it could not be run.
    package static func run(path: String?, flags: [FlagValue], in surroundings: Surroundings) -> Int32 {
        let directory = PathText.absolute(path ?? ".", in: surroundings.workingDirectory)
        guard case .directory = surroundings.read(directory) else {
            return fail(.configuration, "\(directory) is not a directory", hint: "name the directory of a Cog model")
        }
        do throws(InvalidValue) {
            let python = try PythonInterpreter.choose(
                try wantedPython(flags, surroundings), for: directory, in: surroundings)
            return run(python, directory, flags, surroundings)
        } catch {
            return fail(.configuration, "python: \(error.message)", hint: error.hint)
        }
    }

    /// As for `serve`: the flag, else the variable.
    private static func wantedPython(
        _ flags: [FlagValue], _ surroundings: Surroundings
    ) throws(InvalidValue) -> String? {
        let variable = surroundings.environment["SUPERVISOR_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }
        guard let text = flags.last(where: { $0.name == "--python" })?.value ?? variable else { return nil }
        let type = SettingType.program
        return try type.absolute(try type.parse(text), in: surroundings.workingDirectory).text
    }

    private static func run(
        _ python: String, _ directory: String, _ flags: [FlagValue], _ surroundings: Surroundings
    ) -> Int32 {
        Signals.ignoreBrokenPipe()
        let parent = surroundings.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        var temporary: String?
        defer { if let temporary { Files.removeTree(temporary) } }
        do throws(SystemError) {
            let folder = try Files.makeTemporaryDirectory(in: parent, prefix: "supervisor-schema-")
            temporary = folder
            try PythonPackage.embedded.write(into: folder)
            let operands = [directory] + flags.filter { $0.name != "--python" }.flatMap { [$0.name, $0.value] }
            // What it compiles would be removed with the rest.
            let environment =
                surroundings.environment.map { (name: $0.key, value: $0.value) } + [("PYTHONDONTWRITEBYTECODE", "1")]
            let process = try ChildProcess.spawn(
                SpawnRequest(
                    arguments: PythonCommand.schemaArguments(python: python, directory: folder, operands: operands),
                    environment: environment, workingDirectory: directory))
            return try SchemaPrinter(process, on: Loop()).wait()
        } catch {
            return fail(.unavailable, "the schema generator cannot be run: \(error)", hint: nil)
        }
    }

    private static func fail(_ code: ExitCode, _ message: String, hint: String?) -> Int32 {
        Console.error("\(Diagnostic(message, hint: hint))\n")
        return code.rawValue
    }

    // MARK: The process

    private init(_ process: consuming SpawnedProcess, on loop: Loop) {
        self.loop = loop
        self.process = process
    }

    private func wait() throws(SystemError) -> Int32 {
        // It leads a session of its own, so the terminal's interrupt reaches us alone.
        signals = try SignalSource(on: loop) { [unowned self] signal in
            ChildProcess.signalGroup(process.pid, signal)
        }
        let (output, errors) = (process.standardOutput.raw, process.standardError.raw)
        registrations = [
            try loop.register(output, .readable, handler: ClosureHandler { [unowned self] _ in pass(output, to: 0) }),
            try loop.register(errors, .readable, handler: ClosureHandler { [unowned self] _ in pass(errors, to: 1) }),
            try loop.register(
                process.pidfd.raw, .readable, handler: ClosureHandler { [unowned self] _ in ended(output, errors) }),
        ]
        try loop.run()
        return exitCode ?? ExitCode.unavailable.rawValue
    }

    /// Passes on what is there; at the end of a pipe, listens to it no longer.
    private func pass(_ raw: Int32, to index: Int) {
        withUnsafeTemporaryAllocation(byteCount: SchemaPrinter.blockSize, alignment: 1) { buffer in
            while true {
                switch Transfer.read(raw, into: buffer) {
                case .bytes(let count):
                    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    if index == 0 { Console.output(bytes) } else { Console.error(bytes) }
                case .wouldBlock: return
                case .closed, .failed: return loop.deregister(registrations[index])
                }
            }
        }
    }

    private static let blockSize = 64 * 1024

    private func ended(_ output: Int32, _ errors: Int32) {
        guard let ending = try? ChildProcess.reap(process.pidfd.raw) else { return }
        pass(output, to: 0)
        pass(errors, to: 1)
        exitCode =
            switch ending.status {
            case .exited(let code): code
            case .signaled(let signal, _): ExitCode.signal(signal.number)
            }
        loop.stop()
    }
}
