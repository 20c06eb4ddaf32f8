import Foundation

/// One step of the way to the answer: what is asked, of whom.
struct RequestStep: Equatable {
    var method: String
    var url: URL
    /// Whether the body goes along.
    var hasBody: Bool
    /// Whether the receiver is still the one that the token is for.
    var isAuthorized: Bool

    /// More than so many redirects are a loop, as common clients have it.
    static let maximumRedirects = 10

    /// Where a redirect leads; nil: the answer is none.
    ///
    /// 303 asks for the result with GET. All others repeat the request as it is, 301 and 302 as well: a notice without
    /// its body would be none. The token goes to no other scheme, host or port.
    func following(status: Int, location: String?) -> RequestStep? {
        guard [301, 302, 303, 307, 308].contains(status), let location,
            let target = URL(string: location, relativeTo: url)?.absoluteURL,
            let scheme = target.scheme?.lowercased(), scheme == "http" || scheme == "https", target.host != nil
        else { return nil }
        var next = self
        next.url = target
        if status == 303 {
            next.method = "GET"
            next.hasBody = false
        }
        if Self.origin(target) != Self.origin(url) { next.isAuthorized = false }
        return next
    }

    private static func origin(_ url: URL) -> [String] {
        let scheme = url.scheme?.lowercased() ?? ""
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        return [scheme, url.host?.lowercased() ?? "", "\(port)"]
    }
}
