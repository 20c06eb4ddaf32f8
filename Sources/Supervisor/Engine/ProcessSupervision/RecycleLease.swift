/// Who of a deployment's workers may be replaced now, so that they never go together, however their turns coincide.
///
/// It is asked for by place, since a lease outlives the worker that it was given for: it lasts until the place has a ready
/// worker again and the old one is gone.
package struct RecycleLease: Sendable {
    package enum Order: Equatable, Sendable {
        /// The replacement becomes ready, then the old worker drains.
        case loadFirst
        /// The old worker drains and goes, then the replacement is started.
        case leaveFirst
    }

    package struct Grant: Equatable, Sendable {
        package let place: Int
        package let order: Order

        package init(place: Int, order: Order) {
            self.place = place
            self.order = order
        }
    }

    private var maximumUnavailable: Int
    private var surge: Int
    /// Places whose turn has come, the longest waiting first.
    private var waiting: [Int] = []
    private var held: [Int: Order] = [:]

    package init(_ settings: RecycleSettings) {
        maximumUnavailable = max(settings.maximumUnavailable, 1)
        surge = max(settings.surge, 0)
    }

    /// Other settings hold from now on; leases that were given out stay.
    package mutating func adopt(_ settings: RecycleSettings) {
        maximumUnavailable = max(settings.maximumUnavailable, 1)
        surge = max(settings.surge, 0)
    }

    /// Nobody is being replaced or waits for it.
    package var isIdle: Bool { waiting.isEmpty && held.isEmpty }
    package var heldCount: Int { held.count }
    package var heldPlaces: [Int] { held.keys.sorted() }

    package func isHeld(by place: Int) -> Bool { held[place] != nil }

    /// The worker of this place has served long enough. Asking again changes nothing.
    package mutating func ask(_ place: Int) {
        if held[place] == nil, !waiting.contains(place) { waiting.append(place) }
    }

    /// The next one that may be replaced now; nil: nobody.
    ///
    /// - Parameter othersAway: workers of the deployment that are not there for another reason. Nobody leaves first
    ///   while that would make more of them than may be away.
    package mutating func next(othersAway: Int) -> Grant? {
        guard let place = waiting.first, held.count < maximumUnavailable else { return nil }
        let order: Order = held.values.count { $0 == .loadFirst } < surge ? .loadFirst : .leaveFirst
        if order == .leaveFirst, held.count + othersAway >= maximumUnavailable { return nil }
        waiting.removeFirst()
        held[place] = order
        return Grant(place: place, order: order)
    }

    /// The place has a fresh worker and the old one is gone, or it will never have one.
    package mutating func release(_ place: Int) {
        held[place] = nil
    }

    /// The worker that asked is gone for another reason.
    package mutating func withdraw(_ place: Int) {
        waiting.removeAll { $0 == place }
    }
}
