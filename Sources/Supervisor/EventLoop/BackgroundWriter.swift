import Glibc
import Synchronization

/// Writes blocks of bytes (log records) to a descriptor from a thread of its own, so that a slow reader of the log
/// never delays the loop. What cannot be written in time is dropped, oldest first, in whole blocks, and counted.
///
/// Usable from any thread. Ends its thread when it goes away, after what waits then is written.
package final class BackgroundWriter: Sendable {
    /// How many bytes may wait by default (and as many again may be under way in the thread).
    package static let defaultCapacity = 1 << 20
    /// The thread keeps its buffers up to this size; larger ones were for a burst.
    private static let retainedCapacity = 64 * 1_024

    private struct State {
        var buffer: BlockBuffer
        var isWriting = false
        var isStopping = false
        var isAwaited = false
    }

    /// What the thread and its owner share; the thread keeps it alive while it writes.
    private final class Core: Sendable {
        let descriptor: Int32
        let state: Mutex<State>
        let bell: WakeUp
        let idleBell: WakeUp

        init(descriptor: Int32, capacity: Int) throws(SystemError) {
            self.descriptor = descriptor
            state = Mutex(State(buffer: BlockBuffer(capacity: capacity)))
            bell = try WakeUp()
            idleBell = try WakeUp()
        }
    }

    private let core: Core

    /// - Parameters:
    ///   - descriptor: open as long as this lives, such as standard error (2); may block or not.
    ///   - capacity: the bytes that may wait.
    package init(descriptor: Int32, capacity: Int = BackgroundWriter.defaultCapacity) throws(SystemError) {
        core = try Core(descriptor: descriptor, capacity: capacity)
        try HelperThread.start(name: "log-writer") { [core] in Self.run(core) }
    }

    deinit {
        core.state.withLock { $0.isStopping = true }
        core.bell.ring()
    }

    /// Adds one block, which is written whole or dropped whole. Never blocks.
    package func append(_ block: UnsafeRawBufferPointer) {
        let wasEmpty = core.state.withLock { state in
            defer { state.buffer.append(block) }
            return state.buffer.isEmpty
        }
        if wasEmpty { core.bell.ring() }
    }

    /// Adds one block, which is written whole or dropped whole. Never blocks.
    package func append(_ block: [UInt8]) {
        block.withUnsafeBytes { append($0) }
    }

    /// Blocks dropped so far, because the descriptor was slower than the log.
    package var droppedCount: UInt64 {
        core.state.withLock { $0.buffer.droppedCount }
    }

    /// Waits until everything is written, at most `nanoseconds`; false when bytes are left. For the end of the process;
    /// one caller at a time.
    package func flush(atMost nanoseconds: UInt64) -> Bool {
        let deadline = MonotonicTime.now().advanced(by: nanoseconds)
        while true {
            let isIdle = core.state.withLock { state in
                state.isAwaited = true
                return state.buffer.isEmpty && !state.isWriting
            }
            if isIdle { return true }
            guard core.idleBell.wait(nanoseconds: deadline.since(.now())) else { return false }
        }
    }

    // MARK: - The thread

    private static func run(_ core: Core) {
        var spare: [UInt8] = []
        while true {
            let next: (bytes: [UInt8], start: Int)? = core.state.withLock { state in
                state.isWriting = !state.buffer.isEmpty
                return state.isWriting ? state.buffer.takeAll(spare: spare) : nil
            }
            if let next {
                spare = []
                next.bytes.withUnsafeBytes { write($0[next.start...], to: core.descriptor) }
                if next.bytes.capacity <= retainedCapacity { spare = next.bytes }
                continue
            }
            let (isStopping, isAwaited) = core.state.withLock { ($0.isStopping, $0.isAwaited) }
            if isAwaited { core.idleBell.ring() }
            if isStopping { return }
            _ = core.bell.wait()
        }
    }

    /// Writes everything, or gives up when the descriptor is broken: a log that nobody can read is no reason to stop.
    private static func write(_ bytes: Slice<UnsafeRawBufferPointer>, to descriptor: Int32) {
        var left = UnsafeRawBufferPointer(rebasing: bytes)
        while !left.isEmpty {
            switch Transfer.write(descriptor, left) {
            case .bytes(let count):
                left = UnsafeRawBufferPointer(rebasing: left.dropFirst(count))
            case .wouldBlock:
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, -1)
            case .closed, .failed:
                return
            }
        }
    }
}
