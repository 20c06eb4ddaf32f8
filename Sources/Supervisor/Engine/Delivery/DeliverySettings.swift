/// What an operator decides about outgoing requests.
package struct DeliverySettings: Equatable, Sendable {
    /// Half of what finished predictions may take by default.
    package static let usualHeldLimit = 256 << 20

    /// Nanoseconds between two notices of one prediction, the last one excepted; 0: each event is one.
    package var throttle: UInt64
    /// Where output files go; nil: they become part of the output.
    package var uploadURL: DeliveryURL?
    /// Bytes of finished predictions that are kept only for a notice; beyond it the oldest is given up.
    package var heldLimit: Int

    package init(
        throttle: UInt64 = 500_000_000, uploadURL: DeliveryURL? = nil, heldLimit: Int = DeliverySettings.usualHeldLimit
    ) {
        self.throttle = throttle
        self.uploadURL = uploadURL
        self.heldLimit = heldLimit
    }
}
