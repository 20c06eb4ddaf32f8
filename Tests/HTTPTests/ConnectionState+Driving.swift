import HTTP
import Testing

/// The owner's steps, short.
extension ConnectionState {
    mutating func receive(_ text: String) {
        Array(text.utf8).withUnsafeBytes { receive($0) }
    }

    mutating func expectRequest(sourceLocation: SourceLocation = #_sourceLocation) throws -> Request {
        guard case .request(let request)? = next() else { throw Unexpected(location: sourceLocation) }
        return request
    }

    mutating func expectFailure(sourceLocation: SourceLocation = #_sourceLocation) throws -> HTTPError {
        guard case .failed(let error)? = next() else { throw Unexpected(location: sourceLocation) }
        return error
    }

    mutating func answer() {
        _ = willRespond(with: Response(.ok))
        responseFinished()
    }
}

/// `next()` gave something else.
struct Unexpected: Error {
    let location: SourceLocation
}
