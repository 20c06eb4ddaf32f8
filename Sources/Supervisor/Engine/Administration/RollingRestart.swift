/// The workers of a deployment are replaced one after the other, as an operator wishes.
struct RollingRestart: Equatable {
    /// The place in hand, and who filled it when its turn came.
    struct Active: Equatable {
        let place: Int
        let old: WorkerID?
    }

    private(set) var remaining: [Int]
    private(set) var active: Active?
    /// Why it was broken off; the places that remain are left as they are.
    private(set) var failure: String?

    init(places: [Int]) {
        remaining = places
    }

    /// The next place, which is now in hand; nil: that was all.
    mutating func next() -> Int? {
        precondition(active == nil, "one place after the other")
        return failure == nil && !remaining.isEmpty ? remaining.removeFirst() : nil
    }

    mutating func began(_ place: Int, old: WorkerID?) { active = Active(place: place, old: old) }

    mutating func placeDone() { active = nil }

    mutating func fail(_ detail: String) {
        failure = failure ?? detail
        active = nil
        remaining = []
    }
}
