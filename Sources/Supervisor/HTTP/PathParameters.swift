/// The decoded parameters of a matched path, in the order of the pattern.
package struct PathParameters: Equatable, Sendable {
    let names: [String]
    let values: [String]

    /// The value of the segment `{name}`; nil when the pattern has none of that name.
    package subscript(_ name: String) -> String? {
        names.firstIndex(of: name).map { values[$0] }
    }
}
