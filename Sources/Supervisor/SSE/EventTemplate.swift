/// The unchanging pieces of an event that a stream repeats, made once, so that an event costs the copy of its payload and
/// of two short numbers:
///
///     head SEQUENCE middle PAYLOAD tail [NUMBER] end
///
/// for example `event: output⏎id: k3f9xa-` `17` `⏎data: {"chunk":` `"word"` `,"index":` `3` `}⏎⏎`.
package struct EventTemplate: Sendable {
    let pieces: [UInt8]
    let headEnd: Int
    let middleEnd: Int
    let tailEnd: Int

    package init(head: String, middle: String, tail: String, end: String) {
        var bytes = Array(head.utf8)
        headEnd = bytes.count
        bytes.append(contentsOf: middle.utf8)
        middleEnd = bytes.count
        bytes.append(contentsOf: tail.utf8)
        tailEnd = bytes.count
        bytes.append(contentsOf: end.utf8)
        pieces = bytes
    }
}

extension ReplayHistory {
    /// Appends an event of the template. The payload must have passed `PayloadScan` as clean, or be the outcome of
    /// `appendRewritten`.
    @inline(__always)
    mutating func append(
        _ template: borrowing EventTemplate, sequence: DecimalCounter, payload: UnsafeRawBufferPointer,
        number: DecimalCounter
    ) {
        let room = reserve(template.pieces.count &+ payload.count &+ 2 &* DecimalCounter.maximumDigits)
        let (headEnd, middleEnd, tailEnd) = (template.headEnd, template.middleEnd, template.tailEnd)
        let written = template.pieces.withUnsafeBytes { pieces -> Int in
            let source = pieces.baseAddress!
            room.copyMemory(from: source, byteCount: headEnd)
            var at = headEnd
            at &+= sequence.write(to: room + at)
            (room + at).copyMemory(from: source + headEnd, byteCount: middleEnd &- headEnd)
            at &+= middleEnd &- headEnd
            if let bytes = payload.baseAddress { (room + at).copyMemory(from: bytes, byteCount: payload.count) }
            at &+= payload.count
            (room + at).copyMemory(from: source + middleEnd, byteCount: tailEnd &- middleEnd)
            at &+= tailEnd &- middleEnd
            at &+= number.write(to: room + at)
            (room + at).copyMemory(from: source + tailEnd, byteCount: pieces.count &- tailEnd)
            return at &+ pieces.count &- tailEnd
        }
        commit(written)
    }
}
