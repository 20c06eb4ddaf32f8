import Engine
import Testing

@Suite("Engine: the ends of workers on record")
struct ExitHistoryTests {
    static func record(_ number: Int, log: String = "") -> ExitRecord {
        ExitRecord(
            worker: 0, processID: Int32(number), wall: 0, lifetime: 0, readyTime: nil, reason: .signal, detail: "",
            ending: nil, strays: 0, logTail: log)
    }

    @Test func aHundredAreKept() {
        var history = ExitHistory()
        for number in 0..<250 { history.append(Self.record(number)) }
        #expect(history.records.map(\.processID) == (150..<250).map { Int32($0) })
    }

    @Test func onlyTheNewestKeepAllOfTheirLog() {
        var history = ExitHistory()
        let log = String(repeating: "x", count: 9_999) + "the end"
        for number in 0..<20 { history.append(Self.record(number, log: log)) }
        #expect(history.records.suffix(ExitHistory.fullTails).allSatisfy { $0.logTail == log })
        for record in history.records.dropLast(ExitHistory.fullTails) {
            #expect(record.logTail.utf8.count == ExitHistory.shortTail)
            #expect(record.logTail.hasSuffix("the end"))
        }
    }

    @Test func strays() {
        var history = ExitHistory()
        for number in 0..<3 { history.append(Self.record(number)) }
        history.swept(place: 0, processID: 1, strays: 4)
        history.swept(place: 7, processID: 2, strays: 9)
        #expect(history.records.map(\.strays) == [0, 4, 0])
    }

    @Test func theTailIsTheEnd() {
        var tail = LogTail()
        #expect(tail.text == "")
        for number in 0..<100_000 { tail.append(Array("line \(number)\n".utf8)) }
        #expect(tail.text.utf8.count == LogTail.limit)
        #expect(tail.text.hasSuffix("line 99998\nline 99999\n"))
        tail.append([UInt8](repeating: 0x61, count: 1 << 20))
        #expect(tail.text == String(repeating: "a", count: LogTail.limit))
    }
}
