/// `Optional`, whatever it wraps.
protocol OptionalType {
    static var wrapped: Any.Type { get }
    static var none: Self { get }
}

extension Optional: OptionalType {
    static var wrapped: Any.Type { Wrapped.self }
}
