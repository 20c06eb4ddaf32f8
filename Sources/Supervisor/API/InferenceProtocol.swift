import Engine
import HTTP
import WireProtocol

/// What version 2 of KServe's inference protocol, which Triton speaks as well, asks of a server's health: for platforms
/// and balancers that have these probes built in. Predictions by tensors are not part of it.
enum InferenceProtocol {
    /// As `/livez`.
    static let live = Response.json(.ok, Array(#"{"live":true}"#.utf8))

    /// As `/readyz`. What is not ready is 503 as with KServe's own server, not Triton's 400: it will pass, and the request
    /// was right.
    static func ready(_ isReady: Bool, model: String? = nil) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        if let model { JSONWriter.appendMember("name", model, to: &body) }
        JSONWriter.appendMember("ready", isReady, to: &body)
        JSONWriter.closeObject(in: &body)
        return .json(isReady ? .ok : .serviceUnavailable, body)
    }

    /// Who answers. There are no extensions.
    static let metadata: Response = {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("name", "supervisor", to: &body)
        JSONWriter.appendMember("version", ProductVersion.text, to: &body)
        JSONWriter.beginMember("extensions", in: &body)
        body.append(contentsOf: Array("[]".utf8))
        JSONWriter.closeObject(in: &body)
        return .json(.ok, body)
    }()

    /// A model has no versions here, and takes JSON and no tensors: `/openapi.json` of the deployment says which.
    static func metadata(ofModel name: String) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("name", name, to: &body)
        JSONWriter.appendMember("platform", "supervisor", to: &body)
        for list in ["versions", "inputs", "outputs"] {
            JSONWriter.beginMember(list, in: &body)
            body.append(contentsOf: Array("[]".utf8))
        }
        JSONWriter.closeObject(in: &body)
        return .json(.ok, body)
    }
}
