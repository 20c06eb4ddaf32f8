import Foundation
import FoundationNetworking
import Synchronization
import Worker

/// Sends requests over one session, which keeps connections open between them. No cookies, no cache; the proxies that
/// the environment names are used.
final class HTTPSender: NSObject, Sendable {
    /// Bytes of an answer that are read so that its connection can be used again; of a longer one the rest is not.
    private static let answerLimit = 64 << 10
    /// As many as there can be requests.
    private static let connectionsPerHost = 32

    private let token: AuthorizationToken?
    private let exchanges = Mutex<[Int: Exchange]>([:])
    private let session = SessionBox()

    init(token: AuthorizationToken?) {
        self.token = token
        super.init()
        let configuration = URLSessionConfiguration.default
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpMaximumConnectionsPerHost = Self.connectionsPerHost
        session.set(URLSession(configuration: configuration, delegate: self, delegateQueue: nil))
    }

    /// One request that is under way.
    private struct Exchange {
        let continuation: CheckedContinuation<HTTPURLResponse, any Error>
        var response: HTTPURLResponse?
        var readBytes = 0
        var failure: HandlerError?
    }

    // MARK: Sending

    /// Sends it, and follows redirects.
    ///
    /// - Throws: `HandlerError`, whose text names no path, query or password, when there is no answer in time.
    func send(_ request: OutgoingRequest) async throws -> RequestAnswer {
        guard let url = URL(string: request.url) else { throw HandlerError("the URL cannot be read", kind: "BadURL") }
        let deadline = ContinuousClock.now + .milliseconds(request.timeout)
        var step = RequestStep(method: request.method, url: url, hasBody: true, isAuthorized: request.isAuthorized)
        for _ in 0...RequestStep.maximumRedirects {
            let response = try await exchange(step, request, deadline)
            let location = response.value(forHTTPHeaderField: "location")
            guard let next = step.following(status: response.statusCode, location: location) else {
                let absolute = location.flatMap { URL(string: $0, relativeTo: step.url)?.absoluteString }
                return RequestAnswer(
                    status: response.statusCode, url: step.url.absoluteString, location: absolute ?? location)
            }
            step = next
        }
        throw HandlerError("more than \(RequestStep.maximumRedirects) redirects", kind: "TooManyRedirects")
    }

    private func exchange(
        _ step: RequestStep, _ request: OutgoingRequest, _ deadline: ContinuousClock.Instant
    ) async throws -> HTTPURLResponse {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw Self.timedOut(request) }
        let task = try makeTask(step, request, left)
        let timer = DispatchWorkItem { [self] in
            fail(task, Self.timedOut(request))
            task.cancel()
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.seconds(left), execute: timer)
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                exchanges.withLock { $0[task.taskIdentifier] = Exchange(continuation: continuation) }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }

    private func makeTask(
        _ step: RequestStep, _ request: OutgoingRequest, _ left: Duration
    ) throws -> URLSessionTask {
        var head = URLRequest(url: step.url)
        head.httpMethod = step.method
        head.timeoutInterval = Self.seconds(left)
        for (name, value) in request.headers where step.hasBody || name.lowercased() != "content-type" {
            head.setValue(value, forHTTPHeaderField: name)
        }
        head.setValue("*/*", forHTTPHeaderField: "accept")
        if step.isAuthorized, let token { head.setValue(token.header, forHTTPHeaderField: "authorization") }
        guard step.hasBody else { return session.get.dataTask(with: head) }
        if let body = request.body { return session.get.uploadTask(with: head, from: Data(body.utf8)) }
        let path = request.file ?? ""
        // The worker chose the file: no link may make the agent read another.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            (attributes?[.referenceCount] as? NSNumber)?.intValue == 1
        else {
            throw HandlerError("the file is gone, no regular one, or has other names", kind: "BadFile")
        }
        return session.get.uploadTask(with: head, fromFile: URL(fileURLWithPath: path))
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    // MARK: Ending

    private func fail(_ task: URLSessionTask, _ error: HandlerError) {
        exchanges.withLock { if $0[task.taskIdentifier]?.failure == nil { $0[task.taskIdentifier]?.failure = error } }
    }

    private static func timedOut(_ request: OutgoingRequest) -> HandlerError {
        HandlerError("timed out after \(request.timeout / 1000) s", kind: "Timeout")
    }

    private func finish(_ task: URLSessionTask, _ error: (any Error)?) {
        guard let exchange = exchanges.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        if let response = exchange.response {
            // Nobody wants the rest of an answer whose head is there.
            exchange.continuation.resume(returning: response)
        } else {
            exchange.continuation.resume(
                throwing: exchange.failure ?? HandlerError(Self.text(of: error), kind: "ConnectionError"))
        }
    }

    /// The system's words, such as those for a certificate that is not trusted, unless they might repeat the URL.
    private static func description(of error: URLError) -> String {
        let text = error.localizedDescription
        let isSafe = !text.contains { "/?\n".contains($0) }
        return isSafe ? text : "the request failed (URL error \(error.code.rawValue))"
    }

    /// What went wrong, without the URL, which descriptions of the system may repeat.
    private static func text(of error: (any Error)?) -> String {
        guard let error = error as? URLError else { return "the connection ended without an answer" }
        return switch error.code {
        case .timedOut: "timed out"
        case .cannotFindHost, .dnsLookupFailed: "the host cannot be found"
        case .cannotConnectToHost: "could not connect"
        case .networkConnectionLost: "the connection was lost"
        case .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
            "no secure connection (TLS) could be made"
        case .badURL, .unsupportedURL: "the URL cannot be used"
        case .badServerResponse, .cannotParseResponse: "the answer is no HTTP"
        default: Self.description(of: error)
        }
    }
}

extension HTTPSender: URLSessionDataDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        // Followed in `send`, since the system's own way drops bodies.
        exchanges.withLock { $0[task.taskIdentifier]?.response = response }
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        exchanges.withLock { $0[dataTask.taskIdentifier]?.response = response as? HTTPURLResponse }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = exchanges.withLock { exchanges in
            exchanges[dataTask.taskIdentifier]?.readBytes += data.count
            return (exchanges[dataTask.taskIdentifier]?.readBytes ?? 0) > Self.answerLimit
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        finish(task, error)
    }
}

/// The session needs its delegate when it is made, and the delegate the session: set once, before anybody asks.
private final class SessionBox: Sendable {
    private let session = Mutex<URLSession?>(nil)

    func set(_ session: URLSession) {
        self.session.withLock { $0 = session }
    }

    var get: URLSession {
        guard let session = session.withLock({ $0 }) else { preconditionFailure("set by the sender's initialiser") }
        return session
    }
}
