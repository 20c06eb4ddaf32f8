/// A rule of the protocol that was broken, by whom, and where.
public struct ProtocolError: Error, Equatable, Sendable {
    /// Who broke the rule.
    public enum Fault: String, Sendable {
        /// This end: a bug in the code that uses this module. Nothing was sent.
        case local
        /// The other end: it cannot be trusted any more and must be ended.
        case remote
    }

    /// Which rule, in one word that does not change between versions. PROTOCOL.md § 9 lists them with what to do.
    public enum Code: String, Sendable, CaseIterable {
        /// The type byte is none of this version's.
        case unknownType
        /// A flag bit is set that the type may not carry.
        case forbiddenFlag
        /// The payload is longer than the limit.
        case payloadTooLong
        /// The stream ended inside a frame.
        case truncatedFrame
        /// The sender may not send this type at all.
        case wrongDirection
        /// The type is not legal at this point of the conversation.
        case wrongPhase
        /// The slot is missing, superfluous or not one of the worker's.
        case wrongSlot
        /// The sequence is not the next one, or not zero where it must be.
        case wrongSequence
        /// A run was given to a slot that has one.
        case slotBusy
        /// A frame concerns a slot that has no run.
        case slotIdle
        /// A run's frame came before its `started`.
        case notStarted
        /// An answer that nothing asked for.
        case notAsked
        /// A capability was used that the other end does not have.
        case notAgreed
        /// The payload is not the JSON or text that the type wants.
        case badPayload
        /// No common version.
        case incompatibleVersion
    }

    /// Who broke the rule.
    public let fault: Fault
    /// Which rule.
    public let code: Code
    /// Where the frame began, in bytes from the start of the stream; nil when no frame is concerned.
    public let offset: UInt64?
    /// One sentence that names the field and what it must be.
    public let reason: String

    /// An error.
    public init(_ fault: Fault, _ code: Code, at offset: UInt64? = nil, _ reason: String) {
        self.fault = fault
        self.code = code
        self.offset = offset
        self.reason = reason
    }
}

extension ProtocolError: CustomStringConvertible {
    /// The reason and the offset: `The type 0x77 is unknown … (unknownType at byte 4096)`.
    public var description: String {
        guard let offset else { return "\(reason) (\(code.rawValue))" }
        return "\(reason) (\(code.rawValue) at byte \(offset))"
    }
}
