/// What a set-up throws when starting the worker again cannot help, as long as nobody changes what it is started with: a
/// file that the settings name is missing, a setting has no possible value, a license has run out.
///
/// The worker then ends with status 78, and its supervisor does not start it again until it is told to. For all else,
/// which may go better another time (a server that does not answer, memory that is taken), throw any other error.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it, for who runs the server.
    public var message: String

    /// An error.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}
