import Engine
import HTTP
import WireProtocol

/// The OpenAPI document of a deployment: the worker's own where it sends one, else made of what its manifest declares; in
/// Cog's layout, so that its clients find `components.schemas.Input`, `Output` and `x-cog-streaming` where they look for
/// them.
enum OpenAPIDocument {
    static func response(_ deployment: Deployment) -> Response {
        guard let handler = deployment.handler else { return ErrorCatalog.schemaUnavailable.response(.cog) }
        return .json(.ok, handler.openAPI?.bytes ?? document(deployment.settings.name, handler))
    }

    private static func document(_ name: String, _ handler: ServedHandler) -> [UInt8] {
        var body: [UInt8] = []
        body.append(contentsOf: #"{"openapi":"3.0.2","info":{"title":"#.utf8)
        JSONWriter.appendString(name, to: &body)
        body.append(contentsOf: #","version":"\#(ProductVersion.text)"},"paths":{"#.utf8)
        body.append(contentsOf: paths(.predictions, isStreaming: handler.isStreaming).utf8)
        if handler.trainingInput != nil {
            body.append(contentsOf: ",\(paths(.trainings, isStreaming: false))".utf8)
        }
        body.append(contentsOf: #"},"components":{"schemas":{"Input":"#.utf8)
        body.append(contentsOf: handler.input?.bytes ?? Array(#"{"type":"object"}"#.utf8))
        body.append(contentsOf: #","Output":"#.utf8)
        body.append(contentsOf: handler.output?.bytes ?? emptyObject)
        body.append(contentsOf: schemas(.predictions).utf8)
        if let input = handler.trainingInput {
            body.append(contentsOf: #","TrainingInput":"#.utf8)
            body.append(contentsOf: input.bytes)
            body.append(contentsOf: #","TrainingOutput":"#.utf8)
            body.append(contentsOf: handler.output?.bytes ?? emptyObject)
            body.append(contentsOf: schemas(.trainings).utf8)
        }
        body.append(contentsOf: #","Status":{"type":"string","enum":["#.utf8)
        body.append(contentsOf: #""starting","processing","succeeded","canceled","failed"]}}}}"#.utf8)
        return body
    }

    /// Predictions or trainings, and how Cog's documents spell what belongs to them.
    private struct Collection {
        let path: String
        let noun: String
        let verb: String
        /// Before the names of the input and the output.
        let prefix: String

        static let predictions = Collection(path: "predictions", noun: "prediction", verb: "predict", prefix: "")
        static let trainings = Collection(path: "trainings", noun: "training", verb: "train", prefix: "Training")

        var capitalized: String { noun.prefix(1).uppercased() + noun.dropFirst() }
    }

    private static func paths(_ all: Collection, isStreaming: Bool) -> String {
        let streaming = isStreaming ? #""x-cog-streaming":true,"# : ""
        let id =
            #""parameters":[{"name":"\#(all.noun)_id","in":"path","required":true,"schema":{"type":"string"}}],"#
        let operation =
            ##""requestBody":{"content":{"application/json":{"schema":"##
            + ##"{"$ref":"#/components/schemas/\##(all.capitalized)Request"}}}},"##
            + #""responses":{"200":{"description":"Successful Response","content":{"application/json":{"schema":"#
            + ##"{"$ref":"#/components/schemas/\##(all.capitalized)Response"}}}}}"##
        return #""/\#(all.path)":{"post":{"operationId":"\#(all.verb)_\#(all.path)_post","#
            + #""summary":"\#(all.verb.prefix(1).uppercased() + all.verb.dropFirst())",\#(streaming)\#(operation)}},"#
            + #""/\#(all.path)/{\#(all.noun)_id}":{"put":{"#
            + #""operationId":"\#(all.verb)_idempotent_\#(all.path)__\#(all.noun)_id__put","#
            + #"\#(streaming)\#(id)\#(operation)}},"#
            + #""/\#(all.path)/{\#(all.noun)_id}/cancel":{"post":{"#
            + #""operationId":"cancel_\#(all.path)__\#(all.noun)_id__cancel_post",\#(id)"#
            + #""responses":{"200":{"description":"The \#(all.noun) was told to stop"},"#
            + #""404":{"description":"No such \#(all.noun) runs"}}}}"#
    }

    private static func schemas(_ all: Collection) -> String {
        let time = #"{"type":"string","format":"date-time"}"#
        return ##","\##(all.capitalized)Request":{"type":"object","properties":{"id":{"type":"string"},"##
            + ##""input":{"$ref":"#/components/schemas/\##(all.prefix)Input"}}},"##
            + ##""\##(all.capitalized)Response":{"type":"object","properties":{"id":{"type":"string"},"##
            + ##""status":{"$ref":"#/components/schemas/Status"},"error":{"type":"string"},"##
            + ##""logs":{"type":"string"},"metrics":{"type":"object"},"##
            + ##""output":{"$ref":"#/components/schemas/\##(all.prefix)Output"},"##
            + ##""created_at":\##(time),"started_at":\##(time),"completed_at":\##(time)}}"##
    }
}
