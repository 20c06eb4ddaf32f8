/// The version of the program, as health documents, `--version` and the handshake name it.
package enum ProductVersion {
    package static let text = "0.1.0"
}
