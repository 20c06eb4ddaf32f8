import Glibc
import WireProtocol
import Worker

/// Does what the input's mode says.
func perform(_ input: FixtureInput, _ run: RunContext) async throws {
    switch input.mode {
    case "batch": try run.emit(contentsOf: (0..<input.count).lazy.map { chunk($0, size: input.size) })
    case "echo": try run.emit(input.text)
    case "raw": try run.emit(RawJSON(unchecked: Array(input.raw.utf8)))
    case "numbers":
        for text in ["1.0", "1e400", "9223372036854775808", #"{"a":1,"a":2}"#, "-0"] {
            try run.emit(RawJSON(unchecked: Array(text.utf8)))
        }
    case "breaks":
        for text in [#""a\rb\nc\r\nd""#, "\"a\u{85}b\"", "\"a\u{2028}b\"", "\"a\u{2029}b\""] {
            try run.emit(RawJSON(unchecked: Array(text.utf8)))
        }
    case "large": try run.emit(String(repeating: "x", count: input.size))
    case "file": try emitFile(input, run)
    case "files":
        for index in 0..<input.count {
            try emitFile(input, run, name: "\(index).txt")
            try run.emit("between")
        }
    case "deaf":
        try run.emit("waiting")
        while input.path.map(isThere) != true { usleep(pauseBetweenLooks) }
    case "wait":
        try run.emit("waiting")
        try await Task.sleep(for: .seconds(forever))
    case "block":
        try run.emit("waiting")
        block(until: input.path)
    case "print", "log", "metrics": try report(input, run)
    case "grandchild", "standard-input", "descriptors", "environment", "process": try observe(input, run)
    default:
        try stream(input, run)
        try misbehave(input, run)
    }
}

/// What comes after `count` chunks.
private func misbehave(_ input: FixtureInput, _ run: RunContext) throws {
    switch input.mode {
    case "fail":
        throw HandlerError(
            input.text, kind: input.kind.isEmpty ? "FixtureError" : input.kind, isRetryable: input.code != 0)
    case "crash": Fault.crash(Int32(input.code))
    case "fault": try FaultScript(input.text).run()
    case "stream": break
    case "exit": _exit(Int32(input.code))
    case "half-frame", "garbage", "huge-length", "wrong-sequence", "repeated-sequence", "idle-slot", "invalid-utf8",
        "invalid-json":
        run.write(unchecked: brokenBytes(input.mode, run))
        if input.mode == "half-frame" { _exit(Int32(input.code)) }
        block(until: nil)
    default: throw HandlerError("unknown mode \(input.mode)", kind: "FixtureError")
    }
}

/// Bytes that break a rule of the protocol.
private func brokenBytes(_ mode: String, _ run: RunContext) -> [UInt8] {
    var header = FrameHeader(.output, slot: run.slot, sequence: run.nextFrame)
    var payload = Array(#""half a frame""#.utf8)
    switch mode {
    case "garbage": return Array("HTTP/1.1 200 OK\r\n\r\nThis is no frame.\n".utf8)
    case "wrong-sequence": header.sequence += 5
    case "repeated-sequence": header.sequence -= 1
    case "idle-slot": header.slot += 1
    case "invalid-utf8": payload = [0x22, 0xFF, 0xC0, 0x22]
    case "invalid-json": payload = Array("{\"a\":".utf8)
    default: break
    }
    header.payloadLength = mode == "huge-length" ? .max : UInt32(payload.count)
    var bytes: [UInt8] = []
    header.append(to: &bytes)
    bytes.append(contentsOf: payload)
    return mode == "half-frame" ? Array(bytes.dropLast(payload.count / 2)) : bytes
}

private func stream(_ input: FixtureInput, _ run: RunContext) throws {
    let pace = input.path.map { open($0, O_RDONLY | O_CLOEXEC) }
    defer { if let pace { close(pace) } }
    for index in 0..<input.count {
        if let pace {
            var byte: UInt8 = 0
            guard read(pace, &byte, 1) == 1 else { return }
        }
        try run.emit(chunk(index, size: input.size))
    }
}

/// What the supervisor should see besides output.
private func report(_ input: FixtureInput, _ run: RunContext) throws {
    switch input.mode {
    case "print":
        for _ in 0..<input.count {
            writeAll(1, input.text)
            writeAll(2, input.kind)
        }
        try run.emit("printed")
    case "log":
        for index in 0..<input.count {
            run.log(chunk(index, size: input.size), to: index % 2 == 0 ? .standardOutput : .standardError)
        }
        try run.emit("logged")
    default:
        try run.metric("speed", 12.5)
        try run.metric("tokens.total", 3, .increment)
        try run.metric("tokens.total", 4, .increment)
        try run.metric("steps", "first", .append)
        try run.metric("steps", "second", .append)
        try run.metric("passing", true)
        try run.removeMetric("passing")
        try run.emit("measured")
    }
}

/// What the supervisor cannot see from outside.
private func observe(_ input: FixtureInput, _ run: RunContext) throws {
    switch input.mode {
    case "grandchild": try run.emit(startGrandchild())
    case "standard-input":
        var byte: UInt8 = 0
        try run.emit(read(0, &byte, 1))
    case "descriptors": for line in descriptors() { try run.emit(line) }
    case "environment": try run.emit(environment(input.text) ?? "")
    default: try run.emit(Int(getpid()))
    }
}

/// `3 xxxxxx`, of `size` bytes unless the number alone is longer.
private func chunk(_ index: Int, size: Int) -> String {
    let number = "\(index) "
    // A repeated character would cost more than sending it.
    let filling = repeatElement(UInt8(ascii: "x"), count: max(0, size - number.utf8.count))
    return String(decoding: Array(number.utf8) + filling, as: UTF8.self)
}

private func emitFile(_ input: FixtureInput, _ run: RunContext, name: String = "out.txt") throws {
    let path = "/tmp/fixture-\(getpid())-\(run.nextFrame).txt"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    writeAll(descriptor, input.text)
    close(descriptor)
    try run.emit(OutputFile(path, mime: "text/plain", name: name))
}
