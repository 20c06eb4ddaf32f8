/// What a client wants to be told about its prediction, and where.
package struct Webhook: Equatable, Sendable {
    /// Where notices go.
    package let url: DeliveryURL
    /// What it wants to hear of; empty: nothing.
    package let events: WebhookEvents
    /// The W3C trace context of the request that created the prediction, byte for byte; sent along with each notice.
    package let traceParent: String?
    package let traceState: String?

    package init(url: DeliveryURL, events: WebhookEvents, traceParent: String? = nil, traceState: String? = nil) {
        self.url = url
        self.events = events
        self.traceParent = traceParent
        self.traceState = traceState
    }
}

/// The events of Cog's `webhook_events_filter`.
package struct WebhookEvents: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The run has begun.
    package static let start = WebhookEvents(rawValue: 1)
    /// There is more output.
    package static let output = WebhookEvents(rawValue: 2)
    /// There is more log text.
    package static let logs = WebhookEvents(rawValue: 4)
    /// The prediction has ended.
    package static let completed = WebhookEvents(rawValue: 8)
    /// What a client gets that does not choose.
    package static let all: WebhookEvents = [.start, .output, .logs, .completed]

    /// The names in the filter, in Cog's order.
    package static let names = ["start", "output", "logs", "completed"]

    /// The event of that name; nil: there is none.
    package init?(name: String) {
        switch name {
        case "start": self = .start
        case "output": self = .output
        case "logs": self = .logs
        case "completed": self = .completed
        default: return nil
        }
    }
}
