/// The last ends of a deployment's workers.
package struct ExitHistory: Equatable, Sendable {
    /// Enough for a crash loop of an hour, and for what came before it.
    package static let capacity = 100
    /// So many of the newest keep all of their log: who looks for a cause looks there. The others keep
    /// `shortTail` bytes, so that a hundred ends do not hold a hundred times 64 KiB.
    package static let fullTails = 8
    package static let shortTail = 1024

    /// The newest last.
    package private(set) var records: [ExitRecord] = []

    package init() {}

    package mutating func append(_ record: ExitRecord) {
        if records.count == ExitHistory.capacity { records.removeFirst() }
        records.append(record)
        let older = records.count - 1 - ExitHistory.fullTails
        if older >= 0, records[older].logTail.utf8.count > ExitHistory.shortTail {
            records[older].logTail = String(
                decoding: records[older].logTail.utf8.suffix(ExitHistory.shortTail), as: UTF8.self)
        }
    }

    /// What became known of an end after it was entered.
    package mutating func swept(place: Int, processID: Int32?, strays: Int) {
        guard let index = records.lastIndex(where: { $0.worker == place && $0.processID == processID }) else { return }
        records[index].strays = strays
    }
}
