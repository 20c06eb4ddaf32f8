/// The identity of one event of one stream: which run it belongs to and its place in that run.
///
/// On the wire `<epoch>-<sequence>`, for example `k3f9xa-17`, in the `id:` field and in `Last-Event-ID`
/// (WHATWG HTML § 9.2.4). The epoch is drawn anew for every run, so an id that a client kept from an earlier run of
/// the same prediction, or from before a restart of the server, is recognised as foreign instead of being taken for a
/// place in the wrong stream.
package struct EventID: Equatable, Sendable {
    package let epoch: Epoch
    /// Counts from 1, one more for each event of the run.
    package let sequence: UInt64

    package init(epoch: Epoch, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    package var text: String { "\(epoch.text)-\(sequence)" }
}

/// Six letters or digits that name one run of a prediction: 36⁶ values, enough that two runs of one id, which is all
/// that they have to tell apart, do not share one by chance.
package struct Epoch: Equatable, Hashable, Sendable {
    package static let length = 6
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    package let bytes: [UInt8]

    package init(using generator: inout some RandomNumberGenerator) {
        var rest = generator.next()
        bytes = (0..<Epoch.length).map { _ in
            defer { rest /= UInt64(Epoch.alphabet.count) }
            return Epoch.alphabet[Int(rest % UInt64(Epoch.alphabet.count))]
        }
    }

    /// An epoch as a client sent it; its length is not checked, since it is only compared.
    package init(text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Where a client says that it left off.
package enum ResumePoint: Equatable, Sendable {
    /// It has seen nothing, or asks for the beginning (`earliest`).
    case beginning
    /// It wants what comes from now on (`from=now`).
    case now
    /// It has everything up to and with this event of the given run.
    case after(EventID)
    /// A plain number: everything up to and with this event of whatever run is current.
    case afterSequence(UInt64)
    /// An id that this server never wrote.
    case unintelligible

    /// Parses a `Last-Event-ID` value. An empty value is an EventSource that has seen no id: the beginning.
    package init(lastEventID text: String) {
        if text.isEmpty || text == "earliest" {
            self = .beginning
        } else if let sequence = ResumePoint.decimal(text[...]) {
            self = .afterSequence(sequence)
        } else if let dash = text.lastIndex(of: "-"),
            let sequence = ResumePoint.decimal(text[text.index(after: dash)...])
        {
            self = .after(EventID(epoch: Epoch(text: text[..<dash]), sequence: sequence))
        } else {
            self = .unintelligible
        }
    }

    /// Digits only: `UInt64(_:)` alone would also take a sign.
    private static func decimal(_ text: Substring) -> UInt64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
