/// What follows from the end of a worker, by its reason alone.
package enum RestartPolicy {
    package enum Verdict: Equatable, Sendable {
        /// The end was wished for, or has nothing to do with how well the worker works.
        case restartAtOnce
        /// After a wait. `isFailure`: it counts towards giving the deployment up.
        case restart(isFailure: Bool)
        /// The policy wants no further worker in this place.
        case rest
        /// The whole deployment is given up. `isFinal`: not even tried from time to time.
        case giveUp(isFinal: Bool)
    }

    /// - Parameter wasEverReady: a worker of the deployment has been ready. What has never worked will not work the next
    ///   time either; what has, was kept from it by something that may pass.
    package static func verdict(_ reason: ExitReason, _ settings: RestartSettings, wasEverReady: Bool) -> Verdict {
        switch reason {
        case .config: return .giveUp(isFinal: true)
        case .stopped, .recycle, .reload, .group: return .restartAtOnce
        case .setup, .loadTimeout:
            if !wasEverReady { return .giveUp(isFinal: false) }
            return settings.policy == .never ? .rest : .restart(isFailure: true)
        case .cancel: return settings.policy == .never ? .rest : .restartAtOnce
        case .ok: return settings.policy == .always ? .restart(isFailure: false) : .rest
        case .error, .signal, .oom, .memory, .watchdog, .protocol, .spawn:
            return settings.policy == .never ? .rest : .restart(isFailure: true)
        }
    }
}

extension ExitReason {
    /// Why a worker ended.
    ///
    /// - Parameter cause: why somebody had begun to end it; nil: nobody had. One whose set-up failed has the last word:
    ///   by its status it says whether starting it again could help.
    static func of(_ ending: WorkerEnding, cause: ExitReason?, _ settings: RestartSettings) -> ExitReason {
        if cause == .setup, case .exited(let code) = ending.status, settings.fatalCodes.contains(code) {
            return .config
        }
        return cause ?? derived(from: ending, settings)
    }

    /// Why a worker ended that nobody had begun to end.
    package static func derived(from ending: WorkerEnding, _ settings: RestartSettings) -> ExitReason {
        if ending.wasOutOfMemory { return .oom }
        switch ending.status {
        case .exited(let code):
            if settings.fatalCodes.contains(code) { return .config }
            return settings.successCodes.contains(code) ? .ok : .error
        case .signaled: return .signal
        case .unknown: return .error
        }
    }

    /// The evidence in one phrase.
    package static func detail(of ending: WorkerEnding, cause: String?, wasWished: Bool) -> String {
        if let cause { return "\(cause); \(ending.status.text)" }
        if ending.wasOutOfMemory { return "\(ending.status.text), and the kernel counted a kill for want of memory" }
        if case .signaled(9) = ending.status, !wasWished {
            return "\(ending.status.text); if the machine was short of memory, this was the kernel"
        }
        return ending.status.text
    }

    /// Other members of its group do not end for it.
    var leavesGroupAlone: Bool { self == .recycle || self == .reload || self == .group }
}
