import WireProtocol

/// An input whose members say about themselves what clients need to know.
///
/// ```swift
/// struct Prompt: HandlerInput {
///     @Field("The text to continue.", .length(1...)) var prompt: String
///     @Field("Higher is wilder.", .range(0...2)) var temperature = 0.8
///     @Field("Most tokens that are made.", .range(1...2048)) var maxTokens = 128
///     @Field("The same seed gives the same text.") var seed: Int?
///
///     enum CodingKeys: String, CodingKey {
///         case prompt, temperature, seed
///         case maxTokens = "max_tokens"
///     }
/// }
/// ```
///
/// A member with a value may be left out by clients and then has that value; an optional one may be left out and then is
/// nil; all others must be given. What the fields say becomes the handler's schema, which the supervisor holds clients
/// to before the worker hears of them. Every member must be a ``Field``: a plain one with a value would have to be given
/// all the same.
///
/// Handlers may take any other `Decodable` as well: its schema is found out in the same way, without defaults and rules.
public protocol HandlerInput: Decodable, Sendable {
    /// An input in which only the members with a value have one. The compiler writes it.
    init()
}

extension HandlerInput {
    /// Reads an input as a handler would get it: members that are left out have their defaults. For tests.
    ///
    /// - Throws: An error that names the member that is wrong. Rules such as ranges are not checked here.
    public init(json: String) throws {
        self = try InputReader(Self.self).read(try RawJSON(validating: Array(json.utf8)))
    }
}
