/// Healthy workers that have served long enough are replaced, never so many at a time that it would be felt.
extension SupervisorEngine {
    /// Nanoseconds before a worker whose replacement did not become ready is replaced again: what kept it from that may
    /// take a while to pass, and the old one works.
    private static let recyclePause: UInt64 = 60_000_000_000

    /// To be called whenever the worker may have served long enough.
    mutating func askForRecycling(_ worker: WorkerID) {
        guard
            let cause = workers[worker.handle].recycleRule?.cause(served: workers[worker.handle].served, now: now)
        else { return }
        askForRecycling(worker, because: cause)
    }

    mutating func askForRecycling(_ worker: WorkerID, because cause: RecycleRule.Cause) {
        guard workers[worker.handle].stage == .ready, workers[worker.handle].role == .current,
            workers[worker.handle].recycleCause == nil, now >= workers[worker.handle].recyclePausedUntil
        else { return }
        workers[worker.handle].recycleCause = cause
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        note(.info, "the worker is to be replaced: \(cause.rawValue)", worker)
        deployments[index.value].recycling.ask(place)
    }

    /// Gives leases back whose work is done, and out to who waits. To be called whenever a worker became ready, is gone,
    /// or has asked.
    mutating func progressRecycling(_ index: DeploymentIndex) {
        guard !deployments[index.value].recycling.isIdle else { return }
        for place in deployments[index.value].recycling.heldPlaces { releaseIfDone(index, place) }
        // In one that has failed no worker is started, and none that works is given up.
        guard !drain.isLeaving, deployments[index.value].order == .run, deployments[index.value].failure == nil,
            !deployments[index.value].isReloading, !deployments[index.value].isRemoved
        else { return }
        while let grant = deployments[index.value].recycling.next(othersAway: othersAway(index)) {
            begin(grant, index)
        }
    }

    private mutating func begin(_ grant: RecycleLease.Grant, _ index: DeploymentIndex) {
        guard let spot = deployments[index.value].place(grant.place), let worker = spot.current,
            workers[worker.handle].stage == .ready, workers[worker.handle].recycleCause != nil
        else { return deployments[index.value].recycling.release(grant.place) }
        switch grant.order {
        case .leaveFirst: drainWorker(worker, because: .recycle)
        case .loadFirst:
            // Where somebody is to follow it anyway, that is as good.
            if !beginReplacement(index, place: grant.place, because: .recycle), spot.replacement == nil {
                workers[worker.handle].recycleCause = nil
                deployments[index.value].recycling.release(grant.place)
            }
        }
    }

    private mutating func releaseIfDone(_ index: DeploymentIndex, _ place: Int) {
        guard let spot = deployments[index.value].place(place), !spot.isRetired else {
            return deployments[index.value].recycling.release(place)
        }
        guard spot.replacement == nil, spot.incoming == nil, spot.outgoing.isEmpty else { return }
        guard let worker = spot.current else {
            // Nobody will come.
            if spot.vacancy == .failed || spot.vacancy == .stopped {
                deployments[index.value].recycling.release(place)
            }
            return
        }
        guard workers[worker.handle].stage == .ready else { return }
        if workers[worker.handle].recycleCause != nil {
            // It is still the old one: its replacement was not to be.
            workers[worker.handle].recycleCause = nil
            workers[worker.handle].recyclePausedUntil = now + SupervisorEngine.recyclePause
        }
        deployments[index.value].recycling.release(place)
    }

    /// Places without a ready worker, those aside that are empty for their lease.
    private func othersAway(_ index: DeploymentIndex) -> Int {
        deployments[index.value].places.indices.count { place in
            let spot = deployments[index.value].places[place]
            guard !spot.isRetired, !deployments[index.value].recycling.isHeld(by: place) else { return false }
            return spot.current.map { workers[$0.handle].stage != .ready } ?? true
        }
    }
}
