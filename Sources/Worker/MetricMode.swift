import WireProtocol

/// What becomes of an earlier value of a metric.
public enum MetricMode: Sendable {
    /// The new value takes its place.
    case replace
    /// The new value, a number, is added to it.
    case increment
    /// The new value joins a list.
    case append
}

extension MetricMode {
    var onTheWire: Metric.Mode {
        switch self {
        case .replace: .replace
        case .increment: .increment
        case .append: .append
        }
    }
}
