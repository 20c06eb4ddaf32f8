import Engine
import EventLoop

/// What the engine wants of processes beyond their pipes.
extension Server {
    func sweep(_ worker: WorkerID) {
        guard let life = lives.removeValue(forKey: worker) else {
            return engineHandle(.workerSwept(worker, ended: 0))
        }
        custody.sweep(life) { [weak self] ended in
            self?.engineHandle(.workerSwept(worker, ended: ended))
        }
    }

    func sample(_ workers: [WorkerID]) {
        let living = workers.compactMap { worker in lives[worker].map { (worker: worker, life: $0) } }
        guard !living.isEmpty else { return }
        custody.sample(living) { [weak self] samples in self?.engineHandle(.workersSampled(samples)) }
    }

    /// What was not asked for is done all the same: nothing of a worker may stay that nobody knows any more.
    func release(_ worker: WorkerID) {
        workers.removeValue(forKey: worker)?.release()
        if let life = lives.removeValue(forKey: worker) { custody.sweep(life) { _ in } }
    }
}
