/// The system's processes at one moment, with who started whom: finds what belongs to a worker.
package struct ProcessTree {
    /// Where what belongs to a worker can be.
    package enum Scope: Equatable, Sendable {
        /// Among the descendants of this process. It adopts orphans, so whatever its descendants start stays there.
        case descendants(of: Int32)
        /// The same, but marks are looked for among its children only, which is where orphans come to.
        case children(of: Int32)
        case everywhere
    }

    /// Whose processes are meant: any of these signs is enough.
    package struct Signs: Sendable {
        /// Processes that lead or led a session and process group: its members.
        package var leaders: Set<ProcessIdentity> = []
        /// What is marked so.
        package var mark: ProcessMark?
        /// Further processes, by number.
        package var members: Set<Int32> = []

        package init(leaders: Set<ProcessIdentity>, mark: ProcessMark?, members: Set<Int32> = []) {
            self.leaders = leaders
            self.mark = mark
            self.members = members
        }
    }

    private let entries: [ProcessEntry]
    private let places: [Int32: Int]
    private let children: [Int32: [Int]]

    package init(_ entries: [ProcessEntry]) {
        self.entries = entries
        places = Dictionary(entries.enumerated().map { ($1.number, $0) }, uniquingKeysWith: { first, _ in first })
        children = Dictionary(grouping: entries.indices, by: { entries[$0].parent })
    }

    /// The living processes with one of the signs, and all their descendants.
    ///
    /// - Parameters:
    ///   - spared: never among them, nor what descends from them only.
    ///   - carries: whether the process of this number carries the mark. Asked as seldom as possible, since it means
    ///     to read a file.
    package func family(
        _ signs: Signs, scope: Scope, sparing spared: Set<Int32>, carries: (ProcessMark, Int32) -> Bool
    ) -> [ProcessEntry] {
        let leaders = Set(signs.leaders.filter(isNumberStillIts).map(\.number))
        let reach = reach(of: scope)
        var found = Found(places: entries.count)
        for (place, entry) in entries.enumerated() {
            let belongs =
                reach.isTaken[place] && (leaders.contains(entry.group) || leaders.contains(entry.session))
            if belongs || signs.members.contains(entry.number) { take(place, spared, into: &found) }
        }
        if let mark = signs.mark {
            for place in candidates(scope, reach) where !found.isTaken[place] && !entries[place].isZombie {
                let number = entries[place].number
                if !spared.contains(number), carries(mark, number) { take(place, spared, into: &found) }
            }
        }
        return found.places.map { entries[$0] }.filter { !$0.isZombie }
    }

    private struct Found {
        var places: [Int] = []
        var isTaken: [Bool]

        init(places count: Int) {
            isTaken = Array(repeating: false, count: count)
        }
    }

    /// With all its descendants.
    private func take(_ place: Int, _ spared: Set<Int32>, into found: inout Found) {
        var waiting = [place]
        while let next = waiting.popLast() {
            let number = entries[next].number
            if found.isTaken[next] || spared.contains(number) { continue }
            found.isTaken[next] = true
            found.places.append(next)
            waiting += children[number] ?? []
        }
    }

    /// A number is not given away as long as a process, group or session has it. That it now names a process that has
    /// started at another time says that all of the worker's are gone, and these are somebody else's.
    private func isNumberStillIts(_ leader: ProcessIdentity) -> Bool {
        guard leader.startTime != 0, let place = places[leader.number] else { return true }
        return entries[place].identity.startTime == leader.startTime
    }

    /// Where marks are looked for.
    private func candidates(_ scope: Scope, _ reach: Found) -> [Int] {
        if case .children(let root) = scope { return children[root] ?? [] }
        return reach.places
    }

    /// All that can be a worker's at all. A group's number may have been given to somebody else by now, who is not below
    /// us.
    private func reach(of scope: Scope) -> Found {
        var found = Found(places: entries.count)
        switch scope {
        case .everywhere:
            found.places = Array(entries.indices)
            found.isTaken = Array(repeating: true, count: entries.count)
        case .children(let root), .descendants(let root):
            for child in children[root] ?? [] { take(child, [root], into: &found) }
        }
        return found
    }
}
