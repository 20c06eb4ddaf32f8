import Engine
import EventLoop

extension Server: WorkerOwner {
    func received(_ count: Int, from process: WorkerProcess) {
        engineReceive(count, from: process.id)
    }

    func outputEnded(of process: WorkerProcess) {
        engineHandle(.workerOutputEnded(process.id))
    }

    func logged(_ bytes: [UInt8], _ source: LogSource, by process: WorkerProcess) {
        engineHandle(.workerLogged(process.id, source, bytes))
    }

    func wasOutOfMemory(_ process: WorkerProcess) -> Bool {
        lives[process.id].map(custody.wasOutOfMemory) ?? false
    }

    func exited(_ process: WorkerProcess, _ ending: WorkerEnding) {
        engineHandle(.workerExited(process.id, ending))
    }
}
