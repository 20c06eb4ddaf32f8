import WireProtocol

/// What leaves by HTTP: notices to webhooks, files to where outputs go.
extension SupervisorEngine {
    /// Nanoseconds for a notice, and for an upload; both as in Cog.
    static let webhookTimeout: UInt64 = 30_000_000_000
    static let uploadTimeout: UInt64 = 25_000_000_000
    /// So many times an upload is sent again when the process that should send it has ended: more often it is likely to
    /// be the reason.
    static let maximumUploadLosses = 2

    private static let userAgent = DeliveryHeader(name: "user-agent", value: "supervisor/\(ProductVersion.text)")

    /// Predictions about which a webhook still has to be told something, or will have to be.
    package var undeliveredCount: Int { webhooks.count }

    // MARK: Webhooks

    /// To be called for everything that a webhook can hear of.
    @inline(__always)
    mutating func noteWebhook(_ key: PredictionKey, _ event: WebhookEvents) {
        if predictions[key].hasWebhook { webhookHappened(key, event) }
    }

    private mutating func webhookHappened(_ key: PredictionKey, _ event: WebhookEvents) {
        guard let webhook = predictions[key].webhook, webhook.webhook.events.contains(event) else { return }
        let body = webhook.wantsEachBody ? predictions[key].prediction.notice : nil
        if predictions[key].webhook?.happened(event, body: body) == true { advanceWebhook(key) }
    }

    mutating func openWebhook(_ webhook: Webhook, of key: PredictionKey) {
        guard !webhook.events.isEmpty else { return }
        predictions[key].webhook = WebhookDelivery(webhook, interval: settings.delivery.throttle)
        predictions[key].hasWebhook = true
        webhooks.insert(key)
    }

    /// Before the prediction takes its last state: that of now, where the last will not be told.
    func noticeBeforeEnd(of key: PredictionKey) -> [UInt8]? {
        predictions[key].webhook?.wantsStateBeforeEnd == true ? predictions[key].prediction.notice : nil
    }

    mutating func webhookEnded(_ key: PredictionKey, noticeBefore: [UInt8]?) {
        guard predictions[key].hasWebhook else { return }
        predictions[key].webhook?.ended(stateBefore: noticeBefore)
        let limit = settings.delivery.heldLimit
        let bytes = predictions[key].prediction.retainedByteCount
        for dropped in deliveries.hold(key, bytes: bytes, limit: limit) {
            logWebhook(dropped, .error, "given up: more than \(limit) bytes wait for webhooks")
            closeWebhook(dropped)
        }
        advanceWebhook(key)
    }

    mutating func advanceWebhook(_ key: PredictionKey) {
        guard predictions.contains(key), let step = predictions[key].webhook?.next(now: now) else { return }
        switch step {
        case .none: return
        case .wait(let time): actions.append(.startTimer(.webhook(key), at: time))
        case .send:
            deliveries.append(webhook: key)
            startDeliveries()
        case .finished: closeWebhook(key)
        }
    }

    /// Nothing more is to be told; a prediction that was kept only for this goes.
    private mutating func closeWebhook(_ key: PredictionKey) {
        predictions[key].hasWebhook = false
        predictions[key].webhook = nil
        webhooks.remove(key)
        deliveries.release(key)
        actions.append(.cancelTimer(.webhook(key)))
        predictions.removeIfForgotten(key)
        progressDrain()
    }

    // MARK: Uploads

    mutating func uploadRequested(_ slot: UInt16, _ request: UploadRequest, _ worker: WorkerID) {
        guard let run = workers[worker.handle].session.run(in: slot) else { return }
        guard let key = workers[worker.handle].prediction(in: slot) else {
            // The prediction has ended without its run: nobody will fetch the file.
            actions.append(.removeFile(request.file.path))
            return answer(worker, slot, run, UploadResult(number: request.number, .failed("the prediction has ended")))
        }
        predictions[key].lastSign = now
        deliveries.append(
            upload: PendingUpload(
                worker: worker, slot: slot, run: run, request: request, prediction: predictions[key].prediction.id))
        startDeliveries()
    }

    /// The run goes on in its slot, and waits.
    private func isAwaited(_ upload: PendingUpload) -> Bool {
        workers.contains(upload.worker.handle) && workers[upload.worker.handle].fault == nil
            && workers[upload.worker.handle].session.run(in: upload.slot) == upload.run
    }

    private mutating func answer(_ worker: WorkerID, _ slot: UInt16, _ run: UInt64, _ result: UploadResult) {
        send(.uploaded(slot: slot, run: run, result), to: worker)
    }

    /// Says once that a worker does not know how to have its files uploaded.
    mutating func noteInlinedFile(_ worker: WorkerID) {
        guard settings.delivery.uploadURL != nil, !workers[worker.handle].canUpload,
            !workers[worker.handle].hasInlinedFile
        else { return }
        workers[worker.handle].hasInlinedFile = true
        actions.append(
            .log(
                LogEntry(
                    .warning,
                    "files of this worker become data URLs instead of being uploaded: its library does not have the "
                        + "capability `upload`",
                    deployment: deployments[workers[worker.handle].deployment.value].settings.name,
                    processID: workers[worker.handle].processID)))
    }

    // MARK: Sending

    mutating func startDeliveries() {
        // Nobody would hear what becomes of it.
        guard drain.phase != .stopped else { return }
        while let purpose = deliveries.next() {
            switch purpose {
            case .webhook(let key): sendNotice(key)
            case .upload(let upload): sendFile(upload)
            }
        }
    }

    private mutating func sendNotice(_ key: PredictionKey) {
        guard predictions.contains(key), let webhook = predictions[key].webhook?.webhook,
            let body = predictions[key].webhook?.begin(now: now)
        else { return }
        let bytes: [UInt8] =
            switch body {
            case .made(let bytes): bytes
            case .current: predictions[key].prediction.notice
            }
        var headers = [
            SupervisorEngine.userAgent, DeliveryHeader(name: "content-type", value: "application/json"),
        ]
        if let parent = webhook.traceParent { headers.append(DeliveryHeader(name: "traceparent", value: parent)) }
        if let state = webhook.traceState { headers.append(DeliveryHeader(name: "tracestate", value: state)) }
        let request = DeliveryRequest(
            method: "POST", url: webhook.url.text, headers: headers, body: .bytes(bytes),
            timeout: SupervisorEngine.webhookTimeout, isAuthorized: true)
        actions.append(.deliver(deliveries.began(.webhook(key)), request))
    }

    private mutating func sendFile(_ upload: PendingUpload) {
        let file = upload.request.file
        guard let base = settings.delivery.uploadURL, isAwaited(upload) else {
            actions.append(.removeFile(file.path))
            return
        }
        let request = DeliveryRequest(
            method: "PUT", url: UploadTarget.url(base: base, name: file.name),
            headers: [
                SupervisorEngine.userAgent,
                DeliveryHeader(name: "content-type", value: UploadTarget.headerValue(file.mime)),
                DeliveryHeader(name: "x-prediction-id", value: UploadTarget.headerValue(upload.prediction.text)),
            ], body: .file(file.path), timeout: SupervisorEngine.uploadTimeout, isAuthorized: false)
        actions.append(.deliver(deliveries.began(.upload(upload)), request))
    }

    /// What became of a request.
    mutating func delivered(_ id: DeliveryID, _ result: DeliveryResult) {
        switch deliveries.settled(id) {
        case nil: return
        case .webhook(let key): noticeSettled(key, result)
        case .upload(let upload): uploadSettled(upload, result)
        }
        startDeliveries()
    }

    private mutating func noticeSettled(_ key: PredictionKey, _ result: DeliveryResult) {
        guard predictions.contains(key), let verdict = predictions[key].webhook?.settled(result, now: now) else {
            return
        }
        switch verdict {
        case .delivered: break
        case .missed(let reason): logWebhook(key, .warning, "failed: \(reason); the next one tells what it would have")
        case .willRetry(let reason): logWebhook(key, .warning, "failed: \(reason); it will be tried again")
        case .gaveUp(let reason): logWebhook(key, .error, "given up: \(reason)")
        }
        advanceWebhook(key)
    }

    private mutating func uploadSettled(_ upload: PendingUpload, _ result: DeliveryResult) {
        if case .agentLost = result, upload.losses < SupervisorEngine.maximumUploadLosses {
            var again = upload
            again.losses += 1
            return deliveries.append(upload: again)
        }
        actions.append(.removeFile(upload.request.file.path))
        guard isAwaited(upload) else { return }
        let outcome = UploadTarget.outcome(result)
        if case .failed(let text) = outcome {
            let base = settings.delivery.uploadURL?.origin ?? "unknown"
            actions.append(
                .log(LogEntry(.warning, "upload to \(base): \(text)", predictionID: upload.prediction.text)))
        }
        answer(
            upload.worker, upload.slot, upload.run, UploadResult(number: upload.request.number, outcome))
    }

    private mutating func logWebhook(_ key: PredictionKey, _ level: LogEntry.Level, _ what: String) {
        let origin = predictions[key].webhook?.webhook.url.origin ?? "unknown"
        actions.append(
            .log(
                LogEntry(
                    level, "webhook to \(origin) \(what)",
                    deployment: deployments[predictions[key].prediction.deployment.value].settings.name,
                    predictionID: predictions[key].prediction.id.text)))
    }
}
