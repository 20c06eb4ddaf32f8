/// Looks at workers at regular times: do they give signs of life, do their runs, how much memory do they hold, how old
/// are they?
extension SupervisorEngine {
    // MARK: When

    /// From now on the workers of the deployment are looked at, if there is anything to look for.
    mutating func beginWatching(_ index: DeploymentIndex) {
        guard !deployments[index.value].isWatching else { return }
        let watched = watchedWorkers(index)
        let areBeating = watched.contains { workers[$0.handle].watchdog != nil }
        guard !watched.isEmpty, let period = deployments[index.value].watch.next(areBeating: areBeating) else {
            return deployments[index.value].watch.paused()
        }
        deployments[index.value].isWatching = true
        actions.append(.startTimer(.watch(index), at: now + period))
    }

    /// The worker takes runs from now on.
    mutating func workerIsWatched(_ worker: WorkerID) {
        let index = workers[worker.handle].deployment
        let supervision = deployments[index.value].settings.supervision
        workers[worker.handle].lastFrame = now
        workers[worker.handle].watchdog =
            workers[worker.handle].canBeat ? Watchdog(supervision.watchdog, now: now) : nil
        workers[worker.handle].recycleRule = RecycleRule(supervision.recycle, now: now, using: &generator)
        beginWatching(index)
    }

    private func watchedWorkers(_ index: DeploymentIndex) -> [WorkerID] {
        deployments[index.value].places.flatMap(\.lives).filter { worker in
            switch workers[worker.handle].stage {
            case .loading, .ready, .draining: true
            case .starting, .stopping, .exited: false
            }
        }
    }

    /// A worker has ended; nobody may be left to look at.
    mutating func endWatchingIfIdle(_ index: DeploymentIndex) {
        guard deployments[index.value].isWatching, watchedWorkers(index).isEmpty else { return }
        deployments[index.value].isWatching = false
        deployments[index.value].watch.paused()
        actions.append(.cancelTimer(.watch(index)))
    }

    // MARK: A look

    mutating func watch(_ index: DeploymentIndex) {
        guard deployments[index.value].isWatching else { return }
        deployments[index.value].isWatching = false
        let wasHeldUp = deployments[index.value].watch.looked(now: now)
        var sampled = deployments[index.value].watch.takeMemoryLook(now: now) ? watchedWorkers(index) : []
        for worker in watchedWorkers(index) where workers[worker.handle].stage != .loading {
            if wasHeldUp || workers[worker.handle].isUnread {
                excuse(worker)
            } else if look(worker) == .doubtful, !sampled.contains(worker) {
                sampled.append(worker)
            }
            askForRecycling(worker)
        }
        if !sampled.isEmpty { actions.append(.sample(sampled)) }
        progressRecycling(index)
        beginWatching(index)
    }

    /// Its silence was ours.
    private mutating func excuse(_ worker: WorkerID) {
        workers[worker.handle].watchdog?.excused(now: now)
        for key in workers[worker.handle].activePredictions { predictions[key].lastSign = now }
    }

    private mutating func look(_ worker: WorkerID) -> Watchdog.Verdict {
        let verdict =
            workers[worker.handle].watchdog?.look(lastFrame: workers[worker.handle].lastFrame, now: now) ?? .alive
        if verdict == .unresponsive {
            endUnresponsive(worker)
        } else {
            endIfStalled(worker)
        }
        return verdict
    }

    private mutating func endUnresponsive(_ worker: WorkerID) {
        let watchdog = deployments[workers[worker.handle].deployment.value].settings.supervision.watchdog
        let detail = "it gave no sign of life for \(SupervisorEngine.seconds(watchdog.interval)) s"
        note(.error, "the worker is unresponsive: \(detail) (watchdog); it is asked for its stacks and killed", worker)
        workers[worker.handle].isUnresponsive = true
        endWorker(worker, because: .watchdog, detail: detail, by: .unresponsive(abortGrace: watchdog.abortGrace))
    }

    private mutating func endIfStalled(_ worker: WorkerID) {
        let watchdog = deployments[workers[worker.handle].deployment.value].settings.supervision.watchdog
        let clock = StallClock(watchdog)
        guard clock.isOn else { return }
        var stalled: [PredictionKey] = []
        for key in workers[worker.handle].activePredictions {
            guard clock.isStalled(lastSign: predictions[key].lastSign, now: now) else { continue }
            if let slot = predictions[key].slot, deliveries.isUploading(for: slot) {
                // The run waits for us.
                predictions[key].lastSign = now
            } else {
                stalled.append(key)
            }
        }
        guard let first = stalled.first else { return }
        for key in stalled { predictions[key].isStalled = true }
        let detail =
            "prediction \(predictions[first].prediction.id.text) gave no sign of life for "
            + "\(SupervisorEngine.seconds(watchdog.stallTimeout)) s"
        note(.error, "\(detail) (stall_timeout); its worker is asked for its stacks and killed", worker)
        endWorker(worker, because: .watchdog, detail: detail, by: .unresponsive(abortGrace: watchdog.abortGrace))
    }

    /// For people: whole seconds, or tenths where there are few.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100_000_000
        return tenths >= 100 || tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: Samples

    mutating func workersSampled(_ samples: [ResourceSample]) {
        var deployments: Set<DeploymentIndex> = []
        for sample in samples where workers.contains(sample.worker.handle) {
            let worker = sample.worker
            workers[worker.handle].residentBytes = sample.residentBytes
            workers[worker.handle].processorTime = sample.processorTime
            workers[worker.handle].watchdog?.sampled(processorTime: sample.processorTime, now: now)
            limitMemory(of: worker, residentBytes: sample.residentBytes)
            deployments.insert(workers[worker.handle].deployment)
        }
        for index in deployments.sorted() { progressRecycling(index) }
    }

    private mutating func limitMemory(of worker: WorkerID, residentBytes: UInt64) {
        let settings = deployments[workers[worker.handle].deployment.value].settings
        let recycle = settings.supervision.recycle
        switch MemoryLimit(recycle).verdict(residentBytes: residentBytes) {
        case .within: return
        case .overSoft: askForRecycling(worker, because: .memory)
        case .overHard:
            let detail =
                "it uses \(residentBytes >> 20) MiB, more than the \(recycle.hardMemory >> 20) MiB of its memory limit"
            switch workers[worker.handle].stage {
            case .loading, .ready, .draining:
                note(.error, "the worker is ended: \(detail)", worker)
                endWorker(worker, because: .memory, detail: detail, by: .forced(grace: settings.stopGrace))
            case .starting, .stopping, .exited: return
            }
        }
    }
}
