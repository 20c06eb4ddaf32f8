import Synchronization
import WireProtocol

/// The way out to the supervisor: whole frames, in legal order, one writer at a time.
///
/// The order is checked when a frame is written, not when it is made, so that what is checked is what goes out. The
/// reader asks the same session, and waits for nobody's write to do so.
final class Outlet: Sendable {
    private let pipe: WorkerPipe
    private let session = Mutex(Session(role: .worker))
    /// The writer's lock; and memory for messages that are not a run's own, kept between them.
    private let writing = Mutex<[UInt8]>([])
    private let broken = Atomic<Bool>(false)

    init(_ pipe: WorkerPipe) {
        self.pipe = pipe
    }

    /// Whether a write has failed: nobody reads any more, and all that is written is lost.
    var isBroken: Bool { broken.load(ordering: .relaxed) }

    /// Looks at, or changes, how far the conversation is. Never waits for a write.
    func withSession<Result: Sendable>(
        _ body: (inout Session) throws(ProtocolError) -> Result
    ) throws(ProtocolError) -> Result {
        try session.withLock { session throws(ProtocolError) in try body(&session) }
    }

    /// Sends a message that concerns the worker as a whole.
    ///
    /// - Returns: Whether it went out. Not when the conversation is past it: progress after the set-up, an answer after
    ///   the set-up failed.
    @discardableResult
    func send(_ message: WorkerMessage) -> Bool {
        writing.withLock { buffer in
            buffer.removeAll(keepingCapacity: true)
            do throws(ProtocolError) {
                try message.encode(into: &buffer)
                try withSession { session throws(ProtocolError) in try session.send(message.header) }
            } catch {
                return false
            }
            return buffer.withUnsafeBytes { put($0) }
        }
    }

    /// Writes; to be called by the owner of the writer's lock.
    private func put(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isWritten = pipe.write(bytes)
        if !isWritten { broken.store(true, ordering: .relaxed) }
        return isWritten
    }

    /// Writes whole frames of a run, with one call to the system where the pipe takes them so.
    ///
    /// A frame that is illegal here is a bug of this library and ends the process: the supervisor would end it, too,
    /// with less to say.
    ///
    /// - Returns: Whether they went out.
    func write(frames: UnsafeRawBufferPointer) -> Bool {
        writing.withLock { _ in
            do throws(ProtocolError) {
                try withSession { session throws(ProtocolError) in
                    var position = 0
                    while position < frames.count {
                        let rest = UnsafeRawBufferPointer(rebasing: frames[position...])
                        guard let header = FrameHeader(rest) else { preconditionFailure("written by this library") }
                        try session.send(header)
                        position += FrameHeader.byteCount + Int(header.payloadLength)
                    }
                }
            } catch {
                preconditionFailure("\(error)")
            }
            return put(frames)
        }
    }

    /// Writes bytes as they are, for workers in tests that misbehave.
    func write(unchecked bytes: [UInt8]) {
        writing.withLock { _ in _ = bytes.withUnsafeBytes { put($0) } }
    }
}
