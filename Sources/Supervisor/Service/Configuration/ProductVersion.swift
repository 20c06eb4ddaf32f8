/// The version of this program, as it names itself everywhere.
package enum ProductVersion {
    /// Semantic version.
    package static let text = "0.1.0"
}
