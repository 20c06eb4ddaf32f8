/// Answer → bytes, appended to a buffer the owner reuses (RFC 9112 § 4 to 7).
///
/// The status line says HTTP/1.1 even to a client of 1.0, as RFC 9110 § 6.2 wants it; what 1.0 does not know (chunks)
/// is not sent to it.
package enum ResponseEncoder {
    /// What a client that sent `Expect: 100-continue` waits for.
    package static var continueResponse: StaticString { "HTTP/1.1 100 Continue\r\n\r\n" }

    /// Appends the head, and the body unless it is a stream or the request was HEAD.
    ///
    /// - Parameter date: the value of the `date` header, see `HTTPDate`; none is sent when it is empty.
    package static func append(
        _ response: Response, _ framing: ResponseFraming, date: [UInt8], to output: inout [UInt8]
    ) {
        appendStatusLine(response.status, to: &output)
        for header in response.headers { appendHeader(header.name, header.value, to: &output) }
        appendFraming(response, framing, to: &output)
        if !date.isEmpty {
            append("date: ", to: &output)
            output.append(contentsOf: date)
            append("\r\n", to: &output)
        }
        append("\r\n", to: &output)
        if case .bytes(let body) = response.body, !framing.isHead, !response.status.forbidsBody {
            output.append(contentsOf: body)
        }
    }

    private static func appendStatusLine(_ status: Status, to output: inout [UInt8]) {
        append("HTTP/1.1 ", to: &output)
        appendDecimal(Int(status.code), to: &output)
        output.append(ASCII.space)
        append(status.reason, to: &output)
        append("\r\n", to: &output)
    }

    private static func appendFraming(_ response: Response, _ framing: ResponseFraming, to output: inout [UInt8]) {
        if !response.status.forbidsBody {
            switch (framing.transfer, response.body) {
            case (.chunked, _):
                append("transfer-encoding: chunked\r\n", to: &output)
            case (.untilClose, _):
                break
            case (.whole, .bytes(let body)):
                appendLength(body.count, to: &output)
            case (.whole, _):
                appendLength(0, to: &output)
            }
        }
        if !framing.keepAlive {
            append("connection: close\r\n", to: &output)
        } else if framing.version == .http10 {
            append("connection: keep-alive\r\n", to: &output)
        }
    }

    private static func appendLength(_ count: Int, to output: inout [UInt8]) {
        append("content-length: ", to: &output)
        appendDecimal(count, to: &output)
        append("\r\n", to: &output)
    }

    private static func appendHeader(_ name: String, _ value: String, to output: inout [UInt8]) {
        assert(!name.isEmpty && name.utf8.allSatisfy(ASCII.isToken), "Header names are tokens, written in the code")
        let start = output.count
        output.append(contentsOf: name.utf8)
        append(": ", to: &output)
        output.append(contentsOf: value.utf8)
        blankControls(in: &output, from: start)
        append("\r\n", to: &output)
    }

    private static func blankControls(in output: inout [UInt8], from start: Int) {
        let isClean = output.withUnsafeBytes { ByteScan.firstControl(in: $0, start..<$0.count) == nil }
        guard !isClean else { return }
        for index in start..<output.count where !ASCII.isFieldContent(output[index]) {
            output[index] = ASCII.space
        }
    }

    private static func append(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func appendDecimal(_ number: Int, to output: inout [UInt8]) {
        var digits = 1
        var power = 10
        while number >= power, digits < 19 {
            digits += 1
            power = power &* 10
        }
        var rest = number
        output.append(contentsOf: repeatElement(0x30, count: digits))
        for index in stride(from: output.count &- 1, to: output.count &- 1 &- digits, by: -1) {
            output[index] &+= UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
