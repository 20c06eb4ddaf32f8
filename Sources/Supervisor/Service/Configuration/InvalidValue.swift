/// Why a value cannot be taken: a clause that follows the value's name, and what to write instead.
package struct InvalidValue: Error, Equatable {
    /// A clause that follows the name of the value.
    package let message: String
    /// What to write instead.
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
