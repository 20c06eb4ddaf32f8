import Engine
import TestSupport
import Testing
import WireProtocol

/// What the server says of itself and of its handlers.
struct DescriptionTests {
    // MARK: The discovery document

    @Test func discoveryOfACogModel() throws {
        let text = try CogModel.server().answer("GET", "/").text
        #expect(
            text
                == #"{"cog_version":"0.23.1","healthcheck_url":"/health-check","openapi_url":"/openapi.json","#
                + #""predictions_cancel_url":"/predictions/{prediction_id}/cancel","#
                + #""predictions_idempotent_url":"/predictions/{prediction_id}","predictions_url":"/predictions","#
                + #""shutdown_url":"/shutdown","trainings_cancel_url":"/trainings/{training_id}/cancel","#
                + #""trainings_idempotent_url":"/trainings/{training_id}","trainings_url":"/trainings"}"#)
    }

    @Test(arguments: [RequestCase.World.ready, .starting, .withoutDefault])
    func discoveryWithoutOne(_ world: RequestCase.World) throws {
        let document = try #require(try DirectServer(world).answer("GET", "/").json)
        #expect(document["cog_version"]?.stringValue == ProductVersion.text)
        #expect(document.objectValue?.contains { $0.key.hasPrefix("trainings") } == false)
    }

    /// Every URL that is named is there.
    @Test func nothingIsNamedThatIsNotThere() throws {
        let server = CogModel.server()
        let urls = try #require(try server.answer("GET", "/").json?.objectValue).filter { $0.key.hasSuffix("_url") }
        #expect(urls.count == 9)
        for url in urls {
            let pattern = try #require(url.value.stringValue)
            let path = pattern.split(separator: "{")[0] + (pattern.contains("{") ? "x" : "")
            let target = path + (pattern.hasSuffix("/cancel") ? "/cancel" : "")
            #expect(try server.answer("OPTIONS", String(target)).status == 405, "\(target)")
        }
    }

    // MARK: The OpenAPI document

    @Test func openAPIOfTheWorkerIsServedAsItIs() throws {
        let answer = try CogModel.server().answer("GET", "/openapi.json")
        #expect(answer.status == 200)
        #expect(answer.text == CogModel.openAPI)
    }

    @Test func openAPIMadeOfTheManifest() throws {
        let manifest =
            #"{"handlers":[{"name":"m","streaming":true,"input":\#(CogModel.input),"output":{"type":"string"},"#
            + #""training_input":\#(CogModel.trainingInput)}]}"#
        let server = DirectServer(manifests: [manifest, RequestCase.plainManifest])
        let document = try #require(try server.answer("GET", "/openapi.json").json)
        #expect(
            document["paths"]?.objectValue?.map(\.key) == [
                "/predictions", "/predictions/{prediction_id}", "/predictions/{prediction_id}/cancel", "/trainings",
                "/trainings/{training_id}", "/trainings/{training_id}/cancel",
            ])
        let schemas = try #require(document["components"]?["schemas"])
        #expect(
            Set(schemas.objectValue?.map(\.key) ?? []) == [
                "Input", "Output", "PredictionRequest", "PredictionResponse", "Status", "TrainingInput",
                "TrainingOutput", "TrainingRequest", "TrainingResponse",
            ])
        #expect(schemas["TrainingInput"] == (try JSONValue.parse(Array(CogModel.trainingInput.utf8))))
        #expect(schemas["PredictionResponse"]?["properties"]?["completed_at"] != nil)
        #expect(document["paths"]?["/predictions"]?["post"]?["x-cog-streaming"]?.boolValue == true)
        #expect(document["paths"]?["/trainings"]?["post"]?["x-cog-streaming"] == nil)
        let plain = try #require(try server.answer("GET", "/plain/openapi.json").json)
        #expect(plain["paths"]?.objectValue?.count == 3)
    }

    // MARK: Health

    @Test func healthDocumentOfACogModel() throws {
        let server = CogModel.server()
        let answer = try server.answer("GET", "/health-check")
        #expect(answer.status == 200)
        let document = try #require(answer.json)
        #expect(document.objectValue?.map(\.key) == ["status", "setup", "version"])
        #expect(document["status"]?.stringValue == "READY")
        #expect(document["setup"]?.objectValue?.map(\.key) == ["started_at", "completed_at", "status"])
        #expect(
            answer.text.hasSuffix(
                #""version":{"supervisor":"\#(ProductVersion.text)","python":"3.11.2","python_sdk":"0.23.1"}}"#))
    }

    @Test(arguments: ["GET", "HEAD"])
    func anUnhealthyModel(_ method: String) throws {
        let server = CogModel.server()
        let text = "Healthcheck failed: user-defined healthcheck returned False"
        server.healthAnswer = .unhealthy(error: text)
        for path in ["/health-check", "/first/health-check"] {
            let answer = try server.answer(method, path)
            #expect(answer.status == 200)
            let document = try #require(answer.json)
            #expect(document.objectValue?.map(\.key) == ["status", "setup", "version", "user_healthcheck_error"])
            #expect(document["status"]?.stringValue == "UNHEALTHY")
            #expect(document["user_healthcheck_error"]?.stringValue == text)
        }
        // It is told, and predictions go on.
        #expect(try server.answer("POST", "/predictions", #"{"input":{"prompt":"p"}}"#).status == 200)
        #expect(server.healthChecks == 2)
    }

    /// Where nothing is to be asked, probes cost nothing but the comparison.
    @Test func healthWithoutACheckIsAnsweredAtOnce() throws {
        let server = DirectServer()
        server.healthAnswer = nil
        let first = try server.answer("GET", "/health-check")
        #expect(first.text == (try server.answer("GET", "/health-check").text))
        #expect(server.healthChecks == 0)
    }
}
