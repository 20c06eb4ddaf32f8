/// The last ends of a deployment's workers.
struct ExitHistory: Equatable, Sendable {
    /// Enough for a crash loop of an hour, and for what came before it.
    static let capacity = 100
    /// So many of the newest keep all of their log: who looks for a cause looks there. The others keep
    /// `shortTail` bytes, so that a hundred ends do not hold a hundred times 64 KiB.
    static let fullTails = 8
    static let shortTail = 1024

    /// The newest last.
    private(set) var records: [ExitRecord] = []

    mutating func append(_ record: ExitRecord) {
        if records.count == ExitHistory.capacity { records.removeFirst() }
        records.append(record)
        let older = records.count - 1 - ExitHistory.fullTails
        if older >= 0, records[older].logTail.utf8.count > ExitHistory.shortTail {
            records[older].logTail = String(
                decoding: records[older].logTail.utf8.suffix(ExitHistory.shortTail), as: UTF8.self)
        }
    }

    /// What became known of an end after it was entered.
    mutating func swept(place: Int, processID: Int32?, strays: Int) {
        guard let index = records.lastIndex(where: { $0.worker == place && $0.processID == processID }) else { return }
        records[index].strays = strays
    }
}
