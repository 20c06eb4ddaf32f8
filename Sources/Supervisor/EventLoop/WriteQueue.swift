/// The unsent bytes of one pipe or socket, in order.
///
/// What the kernel takes at once is never copied here: `write` tries first and keeps only the rest, and a large array
/// that is appended is kept as it is. Small pieces are gathered, so that a flush is one system call. A drained queue
/// holds (almost) no memory.
///
/// `isBlocked` tells the owner when to stop producing: it turns true above the high mark and false again at the low
/// one.
package struct WriteQueue: ~Copyable {
    /// How far a flush came.
    package enum Outcome: Equatable, Sendable {
        /// Everything is written.
        case drained
        /// Bytes are left: flush when the descriptor is writable.
        case blocked
        /// Nobody reads any more. The bytes are kept, for what they are worth.
        case closed
        /// The error number of anything else.
        case failed(Int32)
    }

    /// Pieces are copied together up to this size: enough for one system call to fill a socket's buffer, little enough
    /// to copy.
    private static let gatheredSize = 64 * 1_024
    /// An array of this size or more is kept instead of copied: copying less is cheaper than one more part to write.
    private static let keptSize = 8 * 1_024
    /// What a drained queue may keep of its buffer: a small answer's worth, so that a quiet connection costs neither an
    /// allocation per answer nor much memory.
    private static let retainedCapacity = 512

    /// Bytes above which `isBlocked` turns true.
    package let highMark: Int
    /// Bytes at and below which `isBlocked` turns false again.
    package let lowMark: Int
    /// Bytes that wait.
    package private(set) var byteCount = 0
    /// Whether the queue has passed the high mark and not yet come down to the low one.
    package private(set) var isBlocked = false

    /// The first segment and how much of it is written; empty only when the queue is.
    private var front: [UInt8] = []
    private var frontOffset = 0
    /// The segments after it, from `restStart`; those before are used up.
    private var rest: [[UInt8]] = []
    private var restStart = 0

    package init(highMark: Int, lowMark: Int) {
        precondition(0 <= lowMark && lowMark <= highMark, "the low mark lies below the high one")
        self.highMark = highMark
        self.lowMark = lowMark
    }

    /// Whether nothing waits.
    package var isEmpty: Bool { byteCount == 0 }

    /// Adds a copy of the bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        byteCount += bytes.count
        if restStart < rest.count {
            let last = rest.count - 1
            if rest[last].count + bytes.count <= Self.gatheredSize {
                rest[last].append(contentsOf: bytes)
            } else {
                rest.append(Array(bytes))
            }
        } else if front.count - frontOffset + bytes.count <= Self.gatheredSize || front.isEmpty {
            compactFront()
            front.append(contentsOf: bytes)
        } else {
            rest.append(Array(bytes))
        }
        updateBlocked()
    }

    /// Adds the bytes; a large array is kept as it is.
    package mutating func append(_ bytes: consuming [UInt8]) {
        guard bytes.count >= Self.keptSize else {
            bytes.withUnsafeBytes { append($0) }
            return
        }
        byteCount += bytes.count
        if front.count == frontOffset {
            front = bytes
            frontOffset = 0
        } else {
            rest.append(bytes)
        }
        updateBlocked()
    }

    /// Writes the three parts (empty ones are allowed) at once if nothing waits before them, and keeps what was not
    /// taken. If something waits they are added to it, unwritten: `blocked`.
    package mutating func write(
        _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        _ c: UnsafeRawBufferPointer = .init(start: nil, count: 0), to descriptor: Int32
    ) -> Outcome {
        var taken = 0
        var outcome = Outcome.drained
        if isEmpty {
            switch Transfer.writeParts(descriptor, a, b, c) {
            case .bytes(let count): taken = count
            case .wouldBlock: break
            case .closed: outcome = .closed
            case .failed(let error): outcome = .failed(error)
            }
        }
        // The usual end: nothing to keep.
        if taken == a.count + b.count + c.count, isEmpty { return outcome }
        appendRest(of: a, after: &taken)
        appendRest(of: b, after: &taken)
        appendRest(of: c, after: &taken)
        return outcome == .drained ? .blocked : outcome
    }

    /// Writes what waits, as far as there is room: one system call, unless more than three segments wait.
    /// Edge-triggered owners may rely on `blocked`: the next edge comes.
    package mutating func flush(to descriptor: Int32) -> Outcome {
        flush { a, b, c in
            b.isEmpty ? Transfer.write(descriptor, a) : Transfer.writeParts(descriptor, a, b, c)
        }
    }

    /// Forgets all bytes and gives the memory back, for a descriptor that is gone.
    package mutating func removeAll() {
        front = []
        frontOffset = 0
        rest = []
        restStart = 0
        byteCount = 0
        isBlocked = false
    }

    /// `flush(to:)` with the system call as a parameter, so that a test can play the kernel.
    package mutating func flush(
        through write: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> TransferResult
    ) -> Outcome {
        while byteCount > 0 {
            let second = restStart < rest.count ? rest[restStart] : []
            let third = restStart + 1 < rest.count ? rest[restStart + 1] : []
            let offered = front.count - frontOffset + second.count + third.count
            let result = front.withUnsafeBytes { a in
                second.withUnsafeBytes { b in
                    third.withUnsafeBytes { c in
                        write(UnsafeRawBufferPointer(rebasing: a[frontOffset...]), b, c)
                    }
                }
            }
            switch result {
            case .bytes(let count):
                consume(count)
                // A short write has filled the descriptor: asking again would only hear `wouldBlock`.
                if count < offered { return .blocked }
            case .wouldBlock: return .blocked
            case .closed: return .closed
            case .failed(let error): return .failed(error)
            }
        }
        return .drained
    }

    // MARK: - Segments

    /// Appends what is left of a part when the first `taken` bytes are written; `taken` becomes what it means for the
    /// next.
    private mutating func appendRest(of part: UnsafeRawBufferPointer, after taken: inout Int) {
        append(UnsafeRawBufferPointer(rebasing: part.dropFirst(taken)))
        taken -= min(taken, part.count)
    }

    private mutating func consume(_ count: Int) {
        byteCount -= count
        frontOffset += count
        while frontOffset >= front.count, restStart < rest.count {
            frontOffset -= front.count
            front = rest[restStart]
            rest[restStart] = []
            restStart += 1
        }
        if restStart == rest.count, restStart > 0 {
            rest = []
            restStart = 0
        }
        if byteCount == 0 {
            front = front.capacity > Self.retainedCapacity ? [] : front
            front.removeAll(keepingCapacity: true)
            frontOffset = 0
        }
        updateBlocked()
    }

    /// Removes what is written from the first segment, once that is half of it: each byte is moved once at most.
    private mutating func compactFront() {
        guard frontOffset > 0, frontOffset >= front.count / 2 else { return }
        front.removeSubrange(..<frontOffset)
        frontOffset = 0
    }

    private mutating func updateBlocked() {
        if byteCount > highMark {
            isBlocked = true
        } else if byteCount <= lowMark {
            isBlocked = false
        }
    }
}
