/// A setting as the command line gives it, not looked into yet.
package struct FlagValue: Sendable, Equatable {
    /// The flag with its dashes.
    package let name: String
    /// The text behind it.
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
