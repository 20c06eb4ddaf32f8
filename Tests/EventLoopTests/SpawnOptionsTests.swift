import EventLoop
import Glibc
import Testing

@Suite struct SpawnOptionsTests {
    private func run(_ script: String, _ options: SpawnOptions) throws -> String {
        var request = SpawnRequest(
            arguments: ["sh", "-c", script], environment: [(name: "PATH", value: "/usr/bin:/bin")])
        request.options = options
        let child = try RunningChild(request)
        #expect(try child.ending().status == .exited(code: 0))
        return child.output
    }

    @Test func theChildHasTheUmask() throws {
        var options = SpawnOptions()
        options.umask = 0o027
        #expect(try run("umask", options) == "0027\n")
    }

    @Test func theChildHasThePriority() throws {
        var options = SpawnOptions()
        options.nice = 7
        #expect(try run("nice", options) == "7\n")
    }

    @Test func theChildHasTheProcessors() throws {
        var options = SpawnOptions()
        options.processors = [0]
        #expect(try run("grep Cpus_allowed_list /proc/self/status", options) == "Cpus_allowed_list:\t0\n")
        options.processors = [SpawnOptions.processorLimit - 1]
        #expect(throws: SystemError("sched_setaffinity", EINVAL, subject: "sh")) { try run("true", options) }
    }

    @Test func theChildHasTheLimits() throws {
        var options = SpawnOptions()
        options.limits = [
            KernelLimit(.openFiles, soft: 100, hard: 200), KernelLimit(.core, soft: 0, hard: 0),
            KernelLimit(.addressSpace, soft: 1 << 30, hard: 1 << 30),
        ]
        #expect(try run("ulimit -S -n; ulimit -H -n; ulimit -c; ulimit -v", options) == "100\n200\n0\n1048576\n")
        options.limits = [KernelLimit(.stack, soft: nil, hard: nil)]
        #expect(try run("ulimit -s", options) == "unlimited\n")
        options.limits = [KernelLimit(.openFiles, soft: 2, hard: 1)]
        #expect(throws: SystemError("setrlimit", EINVAL, subject: "sh")) { try run("true", options) }
    }

    @Test(.enabled(if: getuid() == 0, "only root can be somebody else"))
    func theChildIsTheUser() throws {
        var options = SpawnOptions()
        options.user = UserIdentity(user: 65_534, group: 12_345, groups: [12_345, 23_456])
        #expect(try run("id -u; id -g; id -G", options) == "65534\n12345\n12345 23456\n")
        // And cannot become root again.
        let status = try run("grep -E '^(Uid|Gid)' /proc/self/status", options)
        #expect(status == "Uid:\t65534\t65534\t65534\t65534\nGid:\t12345\t12345\t12345\t12345\n")
        // The parent's threads are who they were.
        #expect(getuid() == 0 && geteuid() == 0 && getgid() == 0)
    }

    /// What takes rights is done before they are given up, and a program is looked for with those of the user.
    @Test(.enabled(if: getuid() == 0, "only root can be somebody else"))
    func rightsAreGivenUpLast() throws {
        let directory = TemporaryDirectory()
        let program = directory.file("tool", "#!/bin/sh\nnice\n", mode: 0o700)
        var options = SpawnOptions()
        options.user = UserIdentity(user: 65_534, group: 65_534, groups: [65_534])
        options.nice = -5
        #expect(try run("nice", options) == "-5\n")
        var request = SpawnRequest(arguments: [program], environment: [])
        request.options = options
        #expect(throws: SystemError("execve", EACCES, subject: program)) { _ = try ChildProcess.spawn(request) }
    }

    @Test func usersAreFoundByNameAndNumber() throws {
        let root = try UserIdentity.find(user: "root", group: nil)
        #expect(root.user == 0 && root.group == 0 && root.groups.contains(0))
        #expect(try UserIdentity.find(user: "0", group: nil) == root)
        let other = try UserIdentity.find(user: "root", group: "54321")
        #expect(other.user == 0 && other.group == 54_321 && other.groups.contains(54_321))
        // Containers run as users that nobody has named.
        #expect(
            try UserIdentity.find(user: "54321", group: nil)
                == UserIdentity(user: 54_321, group: 54_321, groups: [54_321]))
        #expect(throws: SystemError("getpwnam", ENOENT, subject: "no-such-user")) {
            try UserIdentity.find(user: "no-such-user", group: nil)
        }
        #expect(throws: SystemError("getgrnam", ENOENT, subject: "no-such-group")) {
            try UserIdentity.find(user: "root", group: "no-such-group")
        }
    }
}
