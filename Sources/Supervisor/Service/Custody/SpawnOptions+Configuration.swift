import EventLoop

extension SpawnOptions {
    /// What the configuration says of a worker process, for the kernel; with the reason if that cannot be had. May block,
    /// since the system may look users up elsewhere.
    static func of(_ process: ProcessConfiguration) -> (value: SpawnOptions, problem: String?) {
        var options = SpawnOptions()
        options.umask = process.fileModeMask
        options.nice = process.niceness.map { Int32(clamping: $0) }
        options.processors = Set(process.processorNumbers ?? []).filter { (0..<processorLimit).contains($0) }
        options.limits = process.limits.map { limit in
            guard let resource = KernelLimit.Resource(rawValue: limit.name.rawValue) else {
                preconditionFailure("the configuration names the limits that the kernel knows")
            }
            return KernelLimit(resource, soft: limit.value, hard: limit.value)
        }
        guard let text = process.user else { return (options, nil) }
        guard CurrentProcess.isRoot else {
            return (options, "`user` is \(text), but only a server of root can run workers as somebody else")
        }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        do throws(SystemError) {
            options.user = try UserIdentity.find(user: parts.first ?? "", group: parts.count > 1 ? parts[1] : nil)
            return (options, nil)
        } catch {
            let kind = error.call == "getgrnam" ? "group" : "user"
            return (options, "`user` is \(text), but the system knows no such \(kind)")
        }
    }
}
