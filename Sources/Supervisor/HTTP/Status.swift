/// A status code with its reason phrase (RFC 9110 § 15). Any number from 100 to 999 is possible; those this server
/// uses have names.
package struct Status: Hashable, Sendable {
    /// The three-digit number.
    package let code: UInt16

    package init(_ code: UInt16) {
        precondition((100...999).contains(code), "A status code has three digits")
        self.code = code
    }

    package static var `continue`: Status { Status(100) }
    package static var ok: Status { Status(200) }
    package static var created: Status { Status(201) }
    package static var accepted: Status { Status(202) }
    package static var noContent: Status { Status(204) }
    package static var notModified: Status { Status(304) }
    package static var badRequest: Status { Status(400) }
    package static var unauthorized: Status { Status(401) }
    package static var forbidden: Status { Status(403) }
    package static var notFound: Status { Status(404) }
    package static var methodNotAllowed: Status { Status(405) }
    package static var notAcceptable: Status { Status(406) }
    package static var requestTimeout: Status { Status(408) }
    package static var conflict: Status { Status(409) }
    package static var gone: Status { Status(410) }
    package static var contentTooLarge: Status { Status(413) }
    package static var uriTooLong: Status { Status(414) }
    package static var unsupportedMediaType: Status { Status(415) }
    package static var expectationFailed: Status { Status(417) }
    package static var unprocessableContent: Status { Status(422) }
    package static var tooManyRequests: Status { Status(429) }
    package static var requestHeaderFieldsTooLarge: Status { Status(431) }
    package static var internalServerError: Status { Status(500) }
    package static var notImplemented: Status { Status(501) }
    package static var badGateway: Status { Status(502) }
    package static var serviceUnavailable: Status { Status(503) }
    package static var gatewayTimeout: Status { Status(504) }
    package static var httpVersionNotSupported: Status { Status(505) }

    /// The phrase of the status line; empty for a number without a name here, which the grammar allows.
    package var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }

    /// Whether an answer with this status never has a body, nor a length (RFC 9112 § 6.3).
    package var forbidsBody: Bool {
        code < 200 || code == 204 || code == 304
    }
}
