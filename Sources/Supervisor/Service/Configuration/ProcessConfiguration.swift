/// What a worker process is to the kernel. What is nil stays as it is in the server.
package struct ProcessConfiguration: Sendable, Equatable {
    /// Octal digits: which rights files do not get that it makes.
    package var mask: String?
    /// From -20, which goes first, to 19.
    package var niceness: Int?
    /// On which processors it may run.
    package var processors: String?
    /// What it may use.
    package var limits: [ResourceLimit] = []
    /// `NAME`, `NUMBER`, `NAME:GROUP` or `NUMBER:NUMBER`: as whom it runs. Only root can do that.
    package var user: String?

    package init() {}

    /// ``mask`` as the kernel takes it.
    package var fileModeMask: UInt32? { mask.flatMap { UInt32($0, radix: 8) } }
    /// ``processors`` one by one; nil: all that the server may use.
    package var processorNumbers: [Int]? { processors.flatMap { ProcessorList($0)?.numbers } }
}
