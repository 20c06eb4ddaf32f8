import Engine
import HTTP
import WireProtocol

/// The OpenAPI document of a deployment, made of what its manifest declares; in Cog's layout, so that its clients find
/// `components.schemas.Input`, `Output` and `x-cog-streaming` where they look for them.
enum OpenAPIDocument {
    static func response(_ deployment: Deployment) -> Response {
        guard let handler = deployment.handler else { return ErrorCatalog.schemaUnavailable.response(.cog) }
        return .json(.ok, document(deployment.settings.name, handler))
    }

    private static func document(_ name: String, _ handler: ServedHandler) -> [UInt8] {
        var body: [UInt8] = []
        body.append(contentsOf: #"{"openapi":"3.0.2","info":{"title":"#.utf8)
        JSONWriter.appendString(name, to: &body)
        body.append(contentsOf: #","version":"\#(ProductVersion.text)"},"paths":{"/predictions":{"post":{"#.utf8)
        body.append(contentsOf: #""operationId":"predict_predictions_post","summary":"Predict","#.utf8)
        if handler.isStreaming { body.append(contentsOf: #""x-cog-streaming":true,"#.utf8) }
        body.append(contentsOf: operation.utf8)
        body.append(contentsOf: #"}},"/predictions/{prediction_id}":{"put":{"#.utf8)
        body.append(contentsOf: #""operationId":"predict_idempotent_predictions__prediction_id__put","#.utf8)
        if handler.isStreaming { body.append(contentsOf: #""x-cog-streaming":true,"#.utf8) }
        body.append(contentsOf: idParameter.utf8)
        body.append(contentsOf: operation.utf8)
        body.append(contentsOf: #"}},"/predictions/{prediction_id}/cancel":{"post":{"#.utf8)
        body.append(contentsOf: #""operationId":"cancel_predictions__prediction_id__cancel_post","#.utf8)
        body.append(contentsOf: idParameter.utf8)
        body.append(contentsOf: #""responses":{"200":{"description":"The prediction was told to stop"},"#.utf8)
        body.append(
            contentsOf: #""404":{"description":"No such prediction runs"}}}}},"components":{"schemas":{"Input":"#.utf8)
        body.append(contentsOf: handler.input?.bytes ?? Array(#"{"type":"object"}"#.utf8))
        body.append(contentsOf: #","Output":"#.utf8)
        body.append(contentsOf: handler.output?.bytes ?? emptyObject)
        body.append(contentsOf: schemas.utf8)
        body.append(contentsOf: "}}}".utf8)
        return body
    }

    private static let idParameter =
        #""parameters":[{"name":"prediction_id","in":"path","required":true,"schema":{"type":"string"}}],"#
    private static let operation =
        ##""requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PredictionRequest"}}}},"##
        + #""responses":{"200":{"description":"Successful Response","content":{"application/json":{"schema":"#
        + ##"{"$ref":"#/components/schemas/PredictionResponse"}}}}}"##
    private static let schemas =
        ##","PredictionRequest":{"type":"object","properties":{"id":{"type":"string"},"##
        + ##""input":{"$ref":"#/components/schemas/Input"}}},"##
        + ##""Status":{"type":"string","enum":["starting","processing","succeeded","canceled","failed"]},"##
        + ##""PredictionResponse":{"type":"object","properties":{"id":{"type":"string"},"##
        + ##""status":{"$ref":"#/components/schemas/Status"},"error":{"type":"string"},"logs":{"type":"string"},"##
        + ##""metrics":{"type":"object"},"output":{"$ref":"#/components/schemas/Output"}}}"##
}
