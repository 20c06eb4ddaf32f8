/// One thing that is wrong with an input, in the words of Cog.
package struct InputProblem: Sendable, Equatable {
    /// The last element of `loc`: the path below the input, its keys and indices joined by `/` (in keys `~` and `/`
    /// are written `~0` and `~1`), or `__root__` for the input itself.
    package let field: String
    /// What is wrong.
    package let message: String
    /// Whether a required field is missing; other problems are wrong values.
    package let isMissing: Bool

    /// What stands for the input itself in `loc`.
    static let root = "__root__"

    /// The word that Cog puts into `type`.
    package var type: String { isMissing ? "value_error.missing" : "value_error" }

    /// The body of a 422: `{"detail":[{"loc":["body","input",FIELD],"msg":MSG,"type":TYPE}, …],"error":…,"status":"failed"}`.
    package static func body(_ problems: [InputProblem]) -> [UInt8] {
        RequestProblem.body(problems.map { RequestProblem(["body", "input", $0.field], $0.message, type: $0.type) })
    }
}
