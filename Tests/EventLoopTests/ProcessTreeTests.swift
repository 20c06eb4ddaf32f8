import EventLoop
import Testing

@Suite struct ProcessTreeTests {
    /// Started at its own number, so that numbers are enough to read the cases.
    private func process(
        _ number: Int32, parent: Int32, group: Int32? = nil, session: Int32? = nil, started: UInt64? = nil,
        isZombie: Bool = false
    ) -> ProcessEntry {
        ProcessEntry(
            identity: ProcessIdentity(number: number, startTime: started ?? UInt64(number)), parent: parent,
            group: group ?? number, session: session ?? number, isZombie: isZombie)
    }

    private func leader(_ number: Int32, started: UInt64? = nil) -> ProcessIdentity {
        ProcessIdentity(number: number, startTime: started ?? UInt64(number))
    }

    /// The server is 50, its worker 100.
    private func family(
        _ entries: [ProcessEntry], leaders: Set<ProcessIdentity> = [], members: Set<Int32> = [],
        marked: Set<Int32> = [], scope: ProcessTree.Scope = .descendants(of: 50), sparing spared: Set<Int32> = [1, 50]
    ) -> [Int32] {
        let signs = ProcessTree.Signs(leaders: leaders, mark: .life("x.1"), members: members)
        return ProcessTree(entries).family(signs, scope: scope, sparing: spared, carries: { marked.contains($1) })
            .map(\.number).sorted()
    }

    @Test func theGroupAndTheSessionBelongToTheirLeader() {
        let entries = [
            process(50, parent: 1), process(101, parent: 50, group: 100, session: 100),
            process(102, parent: 50, group: 102, session: 100), process(103, parent: 50),
        ]
        #expect(family(entries, leaders: [leader(100)]) == [101, 102])
    }

    /// A group of that number that is not below the server is somebody else's.
    @Test func whatIsNotInTheScopeIsLeftAlone() {
        let entries = [process(50, parent: 1), process(900, parent: 1, group: 100, session: 100)]
        #expect(family(entries, leaders: [leader(100)]) == [])
        #expect(family(entries, leaders: [leader(100)], scope: .everywhere) == [900])
    }

    @Test func descendantsBelongWhateverTheyAre() {
        let entries = [
            process(50, parent: 1), process(100, parent: 50), process(200, parent: 100), process(300, parent: 200),
            process(400, parent: 50),
        ]
        #expect(family(entries, leaders: [leader(100)]) == [100, 200, 300])
    }

    @Test func theMarkIsEnough() {
        let entries = [
            process(50, parent: 1), process(200, parent: 50), process(201, parent: 200), process(300, parent: 50),
        ]
        #expect(family(entries, leaders: [leader(100)], marked: [200]) == [200, 201])
    }

    @Test(arguments: [
        (ProcessTree.Scope.descendants(of: 50), [Int32(201)]),
        (.children(of: 50), []),
        (.everywhere, [201, 900]),
    ])
    func theMarkIsLookedForInTheScope(scope: ProcessTree.Scope, expected: [Int32]) {
        let entries = [
            process(50, parent: 1), process(200, parent: 50), process(201, parent: 200), process(900, parent: 1),
        ]
        #expect(family(entries, marked: [201, 900], scope: scope) == expected)
    }

    @Test func membersBelong() {
        #expect(family([process(7, parent: 3), process(8, parent: 7)], members: [7]) == [7, 8])
    }

    /// The worker's number has been given to somebody else, and so its group's and session's.
    @Test func aNumberThatWasGivenAwayMeansNothing() {
        let entries = [
            process(50, parent: 1), process(100, parent: 50, started: 5_000),
            process(101, parent: 100, group: 100, session: 100),
        ]
        #expect(family(entries, leaders: [leader(100)]) == [])
        #expect(family(entries, leaders: [leader(100, started: 0)]) == [100, 101])
    }

    @Test func zombiesAreGoneAlready() {
        let entries = [process(100, parent: 50, isZombie: true), process(101, parent: 100, group: 100)]
        #expect(family(entries, leaders: [leader(100)]) == [101])
    }

    @Test func whatIsSparedIsSparedWithItsOwn() {
        let entries = [
            process(100, parent: 50), process(50, parent: 100, group: 100), process(60, parent: 50),
            process(101, parent: 100),
        ]
        #expect(family(entries, leaders: [leader(100)], marked: [50]) == [100, 101])
    }

    @Test func aTreeThatIsSeenWhileItChangesMayHaveALoop() {
        let entries = [process(100, parent: 101), process(101, parent: 100)]
        #expect(family(entries, leaders: [leader(100)], scope: .everywhere) == [100, 101])
    }
}
