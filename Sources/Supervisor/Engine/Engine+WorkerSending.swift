import WireProtocol

/// What is sent to workers.
extension SupervisorEngine {
    mutating func send(_ message: SupervisorMessage, to worker: WorkerID) {
        if case .predict(let slot, let run, let request) = message, request.input.bytes.count > settings.inlineLimit,
            workers[worker.handle].canSpill
        {
            var payload: [UInt8] = []
            request.append(to: &payload)
            guard accept(FrameHeader(.predict, flags: .spilled, slot: slot, sequence: run), worker) else { return }
            actions.append(.spillToWorker(worker, slot: slot, run: run, payload))
            return
        }
        var frame: [UInt8] = []
        do throws(ProtocolError) {
            try message.encode(into: &frame, maximumPayloadLength: settings.frameLimit)
            guard accept(message.header, worker) else { return }
            actions.append(.sendToWorker(worker, frame))
        } catch {
            couldNotSend(message, to: worker, error)
        }
    }

    private mutating func accept(_ header: FrameHeader, _ worker: WorkerID) -> Bool {
        do throws(ProtocolError) {
            try workers[worker.handle].session.send(header)
            return true
        } catch {
            // A frame out of order is a fault of the engine; the worker it was meant for must not suffer for it.
            assertionFailure("\(error)")
            note(.error, "internal: \(error)", worker)
            return false
        }
    }

    /// Only a prediction's input can be too large for a frame; the run has not begun then.
    private mutating func couldNotSend(_ message: SupervisorMessage, to worker: WorkerID, _ error: ProtocolError) {
        guard case .predict(let slot, _, _) = message, let key = workers[worker.handle].prediction(in: slot) else {
            return note(.error, "internal: \(error)", worker)
        }
        workers[worker.handle].runs[Int(slot)] = .none
        // Numbers go to frames that were sent, without a gap.
        workers[worker.handle].nextRun -= 1
        predictions[key].slot = nil
        let deployment = workers[worker.handle].deployment
        deployments[deployment.value].slots.giveBack(Slot(worker: worker, number: slot))
        end(
            key,
            .failed(
                message: "the input is larger than the \(settings.frameLimit) bytes that the worker's protocol carries",
                code: .inputTooLarge),
            collected: false)
    }
}
