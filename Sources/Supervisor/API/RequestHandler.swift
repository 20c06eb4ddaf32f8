import Engine
import HTTP
import WireProtocol

/// What is to be done for a request: answer at once, or tell the engine, whose answer is worded in the given style.
package enum Reply: Sendable {
    case respond(Response)
    case command(Command, AnswerStyle)
}

/// Requests to commands, answers to responses. Decides nothing about predictions, and reaches no socket.
package struct RequestHandler {
    /// By number, those that are gone included.
    private var names: [String]
    private var defaultDeployment: Int?
    private let webhookRefusal: String?
    private var validators = InputValidators()
    /// Probes ask all the time for what hardly ever changes.
    private var healthDocuments: [Int: (of: HealthRoutes.Fingerprint, response: Response)] = [:]

    /// - Parameters:
    ///   - deployments: their names, in the order of the engine's.
    ///   - defaultDeployment: the one that the routes without a prefix serve.
    ///   - webhookRefusal: why no webhook can be delivered; nil: it can.
    package init(deployments: [String], defaultDeployment: Int?, webhookRefusal: String? = nil) {
        names = deployments
        self.defaultDeployment = defaultDeployment
        self.webhookRefusal = webhookRefusal
    }

    /// Deployments have come, or another one is the default. Their numbers stay.
    package mutating func configurationChanged(deployments: [String], defaultDeployment: Int?) {
        names = deployments
        self.defaultDeployment = defaultDeployment
    }

    /// What the server's log should say, since the last time it was asked.
    package mutating func takeWarnings() -> [LogEntry] {
        if validators.warnings.isEmpty { return [] }
        return validators.takeWarnings().map { LogEntry(.warning, $0.text, deployment: names[$0.deployment]) }
    }

    /// Finds out what the request asks for. Looks at the engine, and changes nothing there.
    package mutating func reply(to request: Request, _ engine: borrowing SupervisorEngine) -> Reply {
        do throws(HTTPError) {
            switch try Routes.router.match(request.method, request.path) {
            case .notFound: return .respond(ErrorCatalog.unknownPath.response(.cog))
            case .methodNotAllowed(let allow):
                var response = ErrorCatalog.methodNotAllowed(allow: allow).response(.cog)
                response.headers.append(("allow", allow))
                return .respond(response)
            case .found(let endpoint, let parameters): return reply(endpoint, parameters, request, engine)
            }
        } catch {
            return .respond(Response(error))
        }
    }

    private mutating func reply(
        _ endpoint: Endpoint, _ parameters: PathParameters, _ request: Request, _ engine: borrowing SupervisorEngine
    ) -> Reply {
        switch endpoint {
        case .discovery:
            return .respond(DiscoveryDocument.response(defaultDeployment.flatMap { engine.deployments[$0].handler }))
        case .live: return .respond(HealthRoutes.live)
        case .ready: return .respond(HealthRoutes.ready(engine))
        case .started: return .respond(HealthRoutes.started(engine))
        case .serverLive: return .respond(InferenceProtocol.live)
        case .serverReady: return .respond(InferenceProtocol.ready(engine.isReady))
        case .serverMetadata: return .respond(InferenceProtocol.metadata)
        case .shutdown: return .command(.shutdown, .cog)
        case .health, .openAPI, .create, .put, .read, .events, .cancel, .typedStream, .modelReady, .modelMetadata: break
        }
        let scope: DeploymentScope
        switch self.scope(parameters["deployment"], engine) {
        case .failure(let error): return .respond(error.entry.response(endpoint == .typedStream ? .coded : .cog))
        case .success(let found): scope = found
        }
        switch endpoint {
        case .health:
            guard let index = scope.index else { return noDefault(.cog, engine) }
            return health(index, engine.deployments[index])
        case .openAPI:
            guard let index = scope.index else { return noDefault(.cog, engine) }
            return .respond(OpenAPIDocument.response(engine.deployments[index]))
        case .create(let kind): return create(kind, request, scope, pathID: nil, engine)
        case .typedStream: return createTyped(request, scope, engine)
        case .put, .read, .events, .cancel:
            return predictionReply(endpoint, parameters["id"] ?? "", request, scope, engine)
        case .modelReady, .modelMetadata:
            guard let index = scope.index else { return noDefault(.cog, engine) }
            let isReady = engine.deployments[index].isServing && !engine.isLeaving
            if engine.deployments[index].isRemoved {
                let name = engine.deployments[index].settings.name
                return .respond(ErrorCatalog.unknownDeployment(name, known: served(engine)).response(.cog))
            }
            return .respond(
                endpoint == .modelReady
                    ? InferenceProtocol.ready(isReady, model: engine.deployments[index].settings.name)
                    : InferenceProtocol.metadata(ofModel: engine.deployments[index].settings.name))
        case .discovery, .live, .ready, .started, .shutdown, .serverLive, .serverReady, .serverMetadata:
            preconditionFailure("answered above; they have no deployment")
        }
    }

    private mutating func predictionReply(
        _ endpoint: Endpoint, _ text: String, _ request: Request, _ scope: DeploymentScope,
        _ engine: borrowing SupervisorEngine
    ) -> Reply {
        guard let id = PredictionID(text) else {
            if case .put(let kind) = endpoint {
                return .respond(PredictionBody.badID(["path", "\(kind.rawValue)_id"]).response)
            }
            return .respond(endpoint == .cancel ? .json(.notFound, emptyObject) : unknown)
        }
        if case .put(let kind) = endpoint { return create(kind, request, scope, pathID: id, engine) }
        if case .named(let wanted) = scope, let owner = owner(of: id, engine), owner.value != wanted {
            return .respond(endpoint == .cancel ? .json(.notFound, emptyObject) : unknown)
        }
        switch endpoint {
        case .read: return .command(.read(id), .cog)
        case .cancel: return .command(.cancel(id), .cog)
        default: return events(id, request, engine)
        }
    }

    private var unknown: Response { ErrorCatalog.unknownPrediction.response(.cog) }

    // MARK: Deployments

    /// Which deployment a request speaks to.
    private enum DeploymentScope {
        /// By its name in the path.
        case named(Int)
        /// The default one; nil: there is none.
        case unnamed(Int?)

        var index: Int? {
            switch self {
            case .named(let index): index
            case .unnamed(let index): index
            }
        }
    }

    private struct UnknownDeployment: Error {
        let entry: ErrorCatalog
    }

    private func scope(
        _ name: String?, _ engine: borrowing SupervisorEngine
    ) -> Result<DeploymentScope, UnknownDeployment> {
        guard let name else { return .success(.unnamed(defaultDeployment)) }
        guard let index = engine.deployment(named: name) else {
            return .failure(UnknownDeployment(entry: .unknownDeployment(name, known: served(engine))))
        }
        return .success(.named(index.value))
    }

    /// The names of those that take predictions.
    private func served(_ engine: borrowing SupervisorEngine) -> [String] {
        var result: [String] = []
        for index in engine.deployments.indices where !engine.deployments[index].isRemoved {
            result.append(engine.deployments[index].settings.name)
        }
        return result
    }

    private func noDefault(_ style: AnswerStyle, _ engine: borrowing SupervisorEngine) -> Reply {
        .respond(ErrorCatalog.noDefaultDeployment(known: served(engine)).response(style))
    }

    /// From memory as long as nothing has changed; workers are only asked where the handler has a check of its own.
    private mutating func health(_ index: Int, _ deployment: borrowing Deployment) -> Reply {
        if deployment.isReady, deployment.handler?.hasHealthCheck == true {
            return .command(.health(DeploymentIndex(index)), .cog)
        }
        let fingerprint = HealthRoutes.Fingerprint(deployment)
        if let known = healthDocuments[index], known.of == fingerprint { return .respond(known.response) }
        let response = HealthRoutes.health(deployment.healthReport())
        healthDocuments[index] = (fingerprint, response)
        return .respond(response)
    }

    private func owner(of id: PredictionID, _ engine: borrowing SupervisorEngine) -> DeploymentIndex? {
        switch engine.admission(of: id) {
        case .isNew: nil
        case .joinsRunning(let key), .mayRepeat(let key, _, _): engine.deployment(of: key)
        }
    }

    // MARK: Predictions

    private mutating func create(
        _ kind: RunKind, _ request: Request, _ scope: DeploymentScope, pathID: PredictionID?,
        _ engine: borrowing SupervisorEngine
    ) -> Reply {
        let form = PredictionForm.of(request)
        if kind == .training, case .stream = form {
            return .respond(ErrorCatalog.trainingsDoNotStream.response(.cog))
        }
        let body: PredictionBody
        switch PredictionBody.parse(request) {
        case .failure(let refusal): return .respond(refusal.response)
        case .success(let parsed): body = parsed
        }
        if let pathID, let bodyID = body.id, bodyID != pathID {
            return .respond(
                Refusal(
                    .unprocessableContent,
                    RequestProblem(["body", "id"], "\(kind.rawValue) ID must match the ID supplied in the URL")
                ).response)
        }
        let draft = Draft(
            kind: kind, id: pathID ?? body.id, body: body, form: form, isIdempotent: pathID != nil, style: .cog)
        return submit(draft, scope, engine)
    }

    private mutating func createTyped(
        _ request: Request, _ scope: DeploymentScope, _ engine: borrowing SupervisorEngine
    ) -> Reply {
        let body: PredictionBody
        switch PredictionBody.parse(request) {
        case .failure(let refusal): return .respond(refusal.response)
        case .success(let parsed): body = parsed
        }
        let isFlat = QueryParameters(request.query)["flat"] == "1"
        let stream = StreamRequest(
            profile: isFlat ? .typedFlat : .typed, flavor: .typed,
            resume: PredictionForm.resumePoint(request, usesQuery: false))
        let draft = Draft(
            kind: .prediction, id: body.id, body: body, form: .stream(stream), isIdempotent: body.id != nil,
            style: .coded)
        return submit(draft, scope, engine)
    }

    /// A request for a prediction before it is known whether there will be a new one.
    private struct Draft {
        let kind: RunKind
        let id: PredictionID?
        let body: PredictionBody
        let form: AnswerForm
        let isIdempotent: Bool
        let style: AnswerStyle
    }

    /// The checks in Cog's order: a known id, streaming, the input; the engine goes on with readiness and capacity.
    private mutating func submit(
        _ draft: Draft, _ scope: DeploymentScope, _ engine: borrowing SupervisorEngine
    ) -> Reply {
        guard let index = scope.index else { return noDefault(draft.style, engine) }
        if let id = draft.id, let reply = joinReply(draft, id, index, engine) { return reply }
        if engine.deployments[index].isRemoved {
            // It finishes what it has; what it has can be read and cancelled by this name till then.
            let name = engine.deployments[index].settings.name
            return .respond(ErrorCatalog.unknownDeployment(name, known: served(engine)).response(draft.style))
        }
        let handler = engine.deployments[index].handler
        if let refusal = streamingRefusal(draft, handler) { return .respond(refusal.response(draft.style)) }
        var input = draft.body.input
        if let handler {
            switch validators.judge(input, handler, draft.kind, deployment: index) {
            case .fits(let edited): input = edited
            case .refused(let errors): return .respond(.json(.unprocessableContent, errors))
            }
        }
        if draft.body.webhook != nil, let webhookRefusal {
            return .respond(PredictionBody.badWebhook(webhookRefusal).response)
        }
        let command = CreatePrediction(
            id: draft.id, deployment: DeploymentIndex(index), input: input, context: draft.body.context,
            form: draft.form, isIdempotent: draft.isIdempotent, webhook: draft.body.webhook)
        return .command(.create(command), draft.style)
    }

    /// What a request with a known id gets: the prediction that runs, or the result of one that meant the same.
    private mutating func joinReply(
        _ draft: Draft, _ id: PredictionID, _ index: Int, _ engine: borrowing SupervisorEngine
    ) -> Reply? {
        let key: PredictionKey
        switch engine.admission(of: id) {
        case .isNew: return nil
        case .joinsRunning(let running): key = running
        case .mayRepeat(let finished, let deployment, let input):
            let wanted = validators.edited(
                draft.body.input, engine.deployments[index].handler, draft.kind, deployment: index)
            guard deployment.value == index, isSame(wanted, input) else { return nil }
            key = finished
        }
        let owner = engine.deployment(of: key).value
        if owner != index { return .respond(ErrorCatalog.otherDeployment(names[owner]).response(draft.style)) }
        if let refusal = streamingRefusal(draft, engine.deployments[index].handler) {
            return .respond(refusal.response(draft.style))
        }
        return .command(.join(key, draft.form), draft.style)
    }

    /// A repeated request that brings no input means the one that there was.
    private func isSame(_ new: [UInt8]?, _ old: [UInt8]?) -> Bool {
        guard let new else { return true }
        return SameInput.areEqual(RawJSON(unchecked: new), RawJSON(unchecked: old ?? emptyObject))
    }

    /// Events in Cog's words are only for handlers that opted in; whether one did is known with its manifest.
    private func streamingRefusal(_ draft: Draft, _ handler: ServedHandler?) -> ErrorCatalog? {
        guard case .stream(let request) = draft.form, request.flavor != .typed else { return nil }
        guard let handler else { return .notReady }
        return handler.isStreaming ? nil : .notStreaming
    }

    private func events(
        _ id: PredictionID, _ request: Request, _ engine: borrowing SupervisorEngine
    ) -> Reply {
        guard let owner = owner(of: id, engine) else { return .respond(unknown) }
        if engine.deployments[owner.value].handler?.isStreaming != true {
            return .respond(ErrorCatalog.notStreaming.response(.cog))
        }
        if request.method == .head { return .respond(StreamHead.response(id: id, replay: nil, from: nil)) }
        let resume = PredictionForm.resumePoint(request, usesQuery: true)
        return .command(.subscribe(id, StreamRequest(profile: .native, flavor: .events, resume: resume)), .cog)
    }
}

let emptyObject = Array("{}".utf8)
