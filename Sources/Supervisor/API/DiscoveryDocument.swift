import Engine
import HTTP
import WireProtocol

/// Cog's discovery document at `/`: only what this server has.
enum DiscoveryDocument {
    /// - Parameter handler: the one of the default deployment; nil: there is none, or no worker was ready yet.
    static func response(_ handler: ServedHandler?) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember(
            "cog_version", handler?.versions["python_sdk"] ?? ProductVersion.text, to: &body)
        JSONWriter.appendMember("healthcheck_url", "/health-check", to: &body)
        JSONWriter.appendMember("openapi_url", "/openapi.json", to: &body)
        append("predictions", id: "prediction_id", to: &body)
        JSONWriter.appendMember("shutdown_url", "/shutdown", to: &body)
        if handler?.trainingInput != nil { append("trainings", id: "training_id", to: &body) }
        JSONWriter.closeObject(in: &body)
        return .json(.ok, body)
    }

    /// The braces are for the client to fill in.
    private static func append(_ collection: String, id: String, to body: inout [UInt8]) {
        JSONWriter.appendMember("\(collection)_cancel_url", "/\(collection)/{\(id)}/cancel", to: &body)
        JSONWriter.appendMember("\(collection)_idempotent_url", "/\(collection)/{\(id)}", to: &body)
        JSONWriter.appendMember("\(collection)_url", "/\(collection)", to: &body)
    }
}
