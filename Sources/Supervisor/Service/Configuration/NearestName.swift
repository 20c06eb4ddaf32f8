/// Finds what somebody probably meant.
package enum NearestName {
    /// The candidate most like `name`, if one is like enough: at most a third of the longer name has to change.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(from: Array(name.utf8), to: Array(candidate.utf8))
            guard distance <= max(1, max(name.utf8.count, candidate.utf8.count) / 3) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many bytes must be put in, taken out, replaced or swapped with their neighbour.
    static func distance(from old: [UInt8], to new: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...new.count)
        for row in 0..<old.count {
            var current = [row + 1]
            current.reserveCapacity(new.count + 1)
            for column in 0..<new.count {
                let replaced = last[column] + (old[row] == new[column] ? 0 : 1)
                var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, old[row] == new[column - 1], old[row - 1] == new[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[new.count]
    }
}
