/// Why a value cannot be taken: a clause that follows the value's name, and what to write instead.
struct InvalidValue: Error, Equatable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
