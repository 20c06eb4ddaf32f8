import SSE
import TestSupport
import Testing

@Suite("Event ids")
struct EventIDTests {
    static let epoch = Epoch(text: "k3f9xa")

    @Test func textIsEpochAndSequence() {
        #expect(EventID(epoch: Self.epoch, sequence: 17).text == "k3f9xa-17")
        #expect(EventID(epoch: Self.epoch, sequence: .max).text == "k3f9xa-18446744073709551615")
    }

    @Test func epochsAreSixLettersOrDigits() {
        var generator = SeededGenerator(seed: 1)
        var seen: Set<Epoch> = []
        for _ in 0..<1_000 {
            let epoch = Epoch(using: &generator)
            #expect(epoch.bytes.count == Epoch.length)
            #expect(epoch.text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) })
            #expect(
                ResumePoint(lastEventID: EventID(epoch: epoch, sequence: 3).text)
                    == .after(EventID(epoch: epoch, sequence: 3)))
            seen.insert(epoch)
        }
        #expect(seen.count == 1_000)
    }

    static let resumePoints: [(String, ResumePoint)] = [
        ("", .beginning),
        ("earliest", .beginning),
        ("0", .afterSequence(0)),
        ("17", .afterSequence(17)),
        ("007", .afterSequence(7)),
        ("18446744073709551615", .afterSequence(.max)),
        ("k3f9xa-17", .after(EventID(epoch: epoch, sequence: 17))),
        ("k3f9xa-0", .after(EventID(epoch: epoch, sequence: 0))),
        ("a-b-5", .after(EventID(epoch: Epoch(text: "a-b"), sequence: 5))),
        ("-5", .after(EventID(epoch: Epoch(text: ""), sequence: 5))),
        ("18446744073709551616", .unintelligible),
        ("+5", .unintelligible),
        (" 5", .unintelligible),
        ("5 ", .unintelligible),
        ("٥", .unintelligible),
        ("k3f9xa-", .unintelligible),
        ("k3f9xa", .unintelligible),
        ("k3f9xa-+1", .unintelligible),
        ("k3f9xa-18446744073709551616", .unintelligible),
        ("k3f9xa-17\u{0}", .unintelligible),
        ("Earliest", .unintelligible),
        ("-", .unintelligible),
        ("0x10", .unintelligible),
    ]

    @Test(arguments: resumePoints)
    func lastEventIDs(_ text: String, _ expected: ResumePoint) {
        #expect(ResumePoint(lastEventID: text) == expected)
    }
}
