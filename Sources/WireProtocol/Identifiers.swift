/// The id of a prediction: 1–255 bytes of UTF-8, chosen by a client or by the supervisor.
///
/// Two ids are the same when their bytes are, whatever Unicode says about their looks.
public struct PredictionID: Hashable, Sendable, CustomStringConvertible {
    /// The id as text.
    public let text: String

    /// An id; nil when `text` is empty or longer than ``ProtocolLimits/maximumPredictionIDLength`` bytes.
    public init?(_ text: String) {
        guard 1...ProtocolLimits.maximumPredictionIDLength ~= text.utf8.count else { return nil }
        self.text = text
    }

    /// The id as text.
    public var description: String { text }

    /// By bytes: a `String` would take two spellings of "é" for one.
    public static func == (left: PredictionID, right: PredictionID) -> Bool {
        var (left, right) = (left.text, right.text)
        guard left.utf8.count == right.utf8.count else { return false }
        return left.withUTF8 { bytes in right.withUTF8 { bytes.elementsEqual($0) } }
    }

    /// Of the bytes.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
