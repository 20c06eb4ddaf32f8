/// What the parser and the connection refuse, with status and text.
extension HTTPError {
    private static func bad(_ message: String) -> HTTPError { HTTPError(.badRequest, message) }

    // MARK: Request line (RFC 9112 § 3)

    package static var malformedRequestLine: HTTPError {
        bad("Malformed request line: expected `METHOD TARGET HTTP/1.1`")
    }
    package static var missingVersion: HTTPError {
        bad("Malformed request line: HTTP/0.9 is not supported, expected `METHOD TARGET HTTP/1.1`")
    }
    package static var unsupportedVersion: HTTPError {
        HTTPError(.httpVersionNotSupported, "HTTP version not supported: this server speaks HTTP/1.1 and HTTP/1.0")
    }
    package static var methodTooLong: HTTPError {
        HTTPError(.notImplemented, "Unknown method: its name is too long")
    }
    package static var connectNotImplemented: HTTPError {
        HTTPError(.notImplemented, "CONNECT is not implemented: this server is not a proxy")
    }
    package static var requestLineTooLong: HTTPError {
        HTTPError(.uriTooLong, "The request line exceeds the length limit")
    }
    package static var invalidTarget: HTTPError {
        bad("Invalid request target: expected a path that starts with `/` and holds no blank, control or `#`")
    }
    package static var asteriskNeedsOptions: HTTPError {
        bad("Invalid request target: `*` is for OPTIONS only")
    }
    package static var emptyLinesBeforeRequest: HTTPError {
        bad("More than one empty line before the request line")
    }

    // MARK: Header lines (RFC 9112 § 5, RFC 9110 § 5)

    package static var bareLineFeed: HTTPError {
        bad("Line feed without carriage return in the request head")
    }
    package static var bareCarriageReturn: HTTPError {
        bad("Carriage return without line feed in the request head")
    }
    package static var foldedHeader: HTTPError {
        bad("Header lines must not start with a blank: folded headers are not supported")
    }
    package static var headerWithoutColon: HTTPError {
        bad("Malformed header line: it has no colon")
    }
    package static var blankBeforeColon: HTTPError {
        bad("Malformed header line: blank before the colon")
    }
    package static var invalidHeaderName: HTTPError {
        bad("Malformed header line: the name is empty or holds a character that is not allowed")
    }
    package static var invalidHeaderValue: HTTPError {
        bad("Malformed header line: the value holds a control character")
    }
    package static var headTooLarge: HTTPError {
        HTTPError(.requestHeaderFieldsTooLarge, "The request head exceeds the length limit")
    }
    package static var headerTooLarge: HTTPError {
        HTTPError(.requestHeaderFieldsTooLarge, "A header line exceeds the length limit")
    }
    package static var tooManyHeaders: HTTPError {
        HTTPError(.requestHeaderFieldsTooLarge, "The request has too many header lines")
    }

    // MARK: Host (RFC 9112 § 3.2)

    package static var missingHost: HTTPError { bad("The Host header is missing") }
    package static var repeatedHost: HTTPError { bad("The Host header is repeated") }
    package static var invalidHost: HTTPError { bad("The host name or port is invalid") }

    // MARK: Body framing (RFC 9112 § 6 and 7)

    package static var repeatedContentLength: HTTPError { bad("The Content-Length header is repeated") }
    package static var invalidContentLength: HTTPError { bad("The Content-Length header is not a plain number") }
    package static var conflictingLengths: HTTPError {
        bad("Content-Length and Transfer-Encoding must not be sent together")
    }
    package static var transferEncodingBefore11: HTTPError {
        bad("Transfer-Encoding is not part of HTTP/1.0")
    }
    package static var unsupportedTransferEncoding: HTTPError {
        HTTPError(.notImplemented, "Transfer-Encoding not implemented: only `chunked` is")
    }
    package static var unknownExpectation: HTTPError {
        HTTPError(.expectationFailed, "Unknown expectation: only `100-continue` is supported")
    }
    package static var bodyTooLarge: HTTPError {
        // Cog's words, which its clients may have seen.
        HTTPError(.contentTooLarge, "Failed to buffer the request body: length limit exceeded")
    }
    package static var invalidChunkSize: HTTPError { bad("Malformed chunk: the size is not a hexadecimal number") }
    package static var chunkSizeTooLong: HTTPError { bad("Malformed chunk: the size has too many digits") }
    package static var invalidChunkExtension: HTTPError { bad("Malformed chunk: invalid character after the size") }
    package static var chunkExtensionTooLong: HTTPError { bad("Malformed chunk: extensions exceed the length limit") }
    package static var missingChunkEnd: HTTPError { bad("Malformed chunk: no line end after the data") }
    package static var trailerTooLarge: HTTPError {
        HTTPError(.requestHeaderFieldsTooLarge, "The trailer section exceeds the length limit")
    }
    package static var tooManyTrailers: HTTPError {
        HTTPError(.requestHeaderFieldsTooLarge, "The trailer section has too many lines")
    }

    // MARK: Connection

    package static var requestTimeout: HTTPError {
        HTTPError(.requestTimeout, "The request did not arrive in time")
    }
    package static var incompleteRequest: HTTPError {
        bad("The connection ended before the request was complete")
    }
}
