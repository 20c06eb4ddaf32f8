/// What an operator decides about outgoing requests.
package struct DeliverySettings: Equatable, Sendable {
    /// Nanoseconds between two notices of one prediction, the last one excepted; 0: each event is one.
    package var throttle: UInt64
    /// Where output files go; nil: they become part of the output.
    package var uploadURL: DeliveryURL?

    package init(throttle: UInt64 = 500_000_000, uploadURL: DeliveryURL? = nil) {
        self.throttle = throttle
        self.uploadURL = uploadURL
    }
}
