import Glibc

/// What the system says of one process at one moment (`/proc/PID/stat`).
package struct ProcessEntry: Equatable, Sendable {
    package let identity: ProcessIdentity
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// It has ended, and waits for its parent to hear of it.
    package let isZombie: Bool
    /// Memory that is resident, pages that it shares with others included.
    package let residentBytes: UInt64
    /// Nanoseconds on a processor, those of the children that it waited for included; in steps of a clock tick, 10 ms.
    package let processorTime: UInt64

    package var number: Int32 { identity.number }

    package init(
        identity: ProcessIdentity, parent: Int32, group: Int32, session: Int32, isZombie: Bool = false,
        residentBytes: UInt64 = 0, processorTime: UInt64 = 0
    ) {
        self.identity = identity
        self.parent = parent
        self.group = group
        self.session = session
        self.isZombie = isZombie
        self.residentBytes = residentBytes
        self.processorTime = processorTime
    }

    /// The places of the fields behind the program's name, in proc(5)'s order: the state is the first.
    private enum Field {
        static let parent = 1
        static let group = 2
        static let session = 3
        static let processorTimes = 11...14
        static let startTime = 19
        static let residentPages = 21
        static let count = 22
    }

    /// Nanoseconds of a clock tick.
    private static let tick = TimeSpan.second / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private static let pageSize = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))

    /// Understands the content of `/proc/PID/stat`; nil when it is something else.
    package init?(_ text: UnsafeRawBufferPointer) {
        // The name may hold spaces and parentheses: the last parenthesis is its end.
        guard
            let nameEnd = text.lastIndex(of: UInt8(ascii: ")")), nameEnd + 2 < text.count,
            let number = ProcessEntry.number(text[..<nameEnd], at: 0)
        else { return nil }
        let state = text[nameEnd + 2]
        var fields: [Int64] = [0]
        fields.reserveCapacity(Field.count)
        var index = nameEnd + 4
        while index < text.count, fields.count < Field.count {
            guard let value = ProcessEntry.number(text[...], at: index) else { return nil }
            fields.append(value)
            while index < text.count, text[index] != UInt8(ascii: " ") { index += 1 }
            index += 1
        }
        guard fields.count == Field.count else { return nil }
        self.init(
            identity: ProcessIdentity(
                number: Int32(clamping: number), startTime: UInt64(clamping: fields[Field.startTime])),
            parent: Int32(clamping: fields[Field.parent]), group: Int32(clamping: fields[Field.group]),
            session: Int32(clamping: fields[Field.session]),
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"),
            residentBytes: UInt64(clamping: fields[Field.residentPages]) * ProcessEntry.pageSize,
            processorTime: fields[Field.processorTimes].reduce(0) { $0 + UInt64(clamping: $1) } * ProcessEntry.tick)
    }

    private static func number(_ text: Slice<UnsafeRawBufferPointer>, at start: Int) -> Int64? {
        var index = start
        let isNegative = index < text.endIndex && text[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var value: UInt64 = 0
        let first = index
        while index < text.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) {
            value = value &* 10 &+ UInt64(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        guard index > first else { return nil }
        return isNegative ? -Int64(clamping: value) : Int64(clamping: value)
    }
}
