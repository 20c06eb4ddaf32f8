/// A request's method (RFC 9110 § 9). Names are case-sensitive: `get` is `.other("get")`, and the router answers it
/// like every method a path does not have.
package enum Method: Hashable, Sendable {
    case get, head, post, put, delete, patch, options, trace, connect

    /// A token that is none of the above, as sent; at most `HTTPLimits.methodBytes` long.
    case other(String)

    /// The method as it stands in the request line.
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other(let name): name
        }
    }

    /// The method named by `bytes`, which are token characters.
    init(_ bytes: UnsafeRawBufferPointer) {
        // Up to seven letters fit into one word, so a method is found with one comparison and no string.
        var word: UInt64 = 0
        if bytes.count <= 7 {
            for byte in bytes { word = word << 8 | UInt64(byte) }
        }
        switch word {
        case 0x47_4554: self = .get
        case 0x4845_4144: self = .head
        case 0x504F_5354: self = .post
        case 0x50_5554: self = .put
        case 0x4445_4C45_5445: self = .delete
        case 0x50_4154_4348: self = .patch
        case 0x4F_5054_494F_4E53: self = .options
        case 0x54_5241_4345: self = .trace
        case 0x43_4F4E_4E45_4354: self = .connect
        default: self = .other(String(decoding: bytes, as: UTF8.self))
        }
    }
}
