import EventLoop

/// One life of a process that the server has started: by what its descendants are known, also when it has ended.
final class ProcessLife {
    /// The value of `ProcessMark.variable` for it.
    let mark: String
    /// Nil until it runs.
    var leader: ProcessIdentity?
    /// Its own; nil where there is none to be had.
    var controlGroup: ControlGroup?
    /// It is being seen to that nothing is left of it, or that was done.
    var isSwept = false

    init(mark: String) {
        self.mark = mark
    }

    /// By what its processes are told from others.
    func signs() -> ProcessTree.Signs {
        ProcessTree.Signs(leaders: leader.map { [$0] } ?? [], mark: .life(mark))
    }
}
