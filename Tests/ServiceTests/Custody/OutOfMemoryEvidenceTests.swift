import EventLoop
import Service
import Testing

struct OutOfMemoryEvidenceTests {
    @Test(
        arguments: [
            ("low 0\nhigh 0\nmax 4\noom 1\noom_kill 3\noom_group_kill 0\n", 3),
            ("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", 7),
            ("nr_free_pages 1\noom_kill 0\npswpin 5", 0),
            ("oom 1\n", nil), ("", nil), ("oom_kill x", nil), ("oom_kill", nil),
        ] as [(String, UInt64?)])
    func killsAreReadInEachForm(text: String, kills: UInt64?) {
        #expect(OutOfMemoryEvidence.kills(of: text) == kills)
    }

    /// What is counted at a time, and whether it explains a death of that time.
    struct Look: Sendable {
        let kills: UInt64
        let now: UInt64
        let explains: Bool
    }

    @Test(arguments: [
        // A kill explains one death.
        [
            Look(kills: 5, now: 0, explains: false), Look(kills: 6, now: 10, explains: true),
            Look(kills: 6, now: 11, explains: false),
        ],
        // Two were killed at once, and are told one after the other.
        [
            Look(kills: 7, now: 10, explains: true), Look(kills: 7, now: 11, explains: true),
            Look(kills: 7, now: 12, explains: false),
        ],
        // Somebody else's death does not explain one much later.
        [Look(kills: 7, now: 10, explains: true), Look(kills: 7, now: 11 + KillCount.validity, explains: false)],
        // A count that begins anew.
        [Look(kills: 0, now: 10, explains: false), Look(kills: 1, now: 11, explains: true)],
    ])
    func killsExplainDeaths(looks: [Look]) {
        var count = KillCount(5)
        for look in looks {
            let explains = count.explainsDeath(look.kills, now: look.now)
            #expect(explains == look.explains, "\(look)")
        }
    }

    @Test func theFileIsReadAnew() throws {
        let directory = try ScratchDirectory()
        let path = "\(directory.path)/memory.events"
        try Files.replace(path, with: Array("oom_kill 1\n".utf8))
        var evidence = OutOfMemoryEvidence(file: path)
        var explained: [Bool] = [evidence.explainsDeath(in: nil, now: 0)]
        try Files.replace(path, with: Array("oom_kill 2\n".utf8))
        explained.append(evidence.explainsDeath(in: nil, now: 1))
        explained.append(evidence.explainsDeath(in: nil, now: 2))
        Files.remove(path)
        explained.append(evidence.explainsDeath(in: nil, now: 3))
        #expect(explained == [false, true, false, false])
    }
}
