import EventLoop
import Testing

@Suite struct ControlGroupTreeTests {
    private static let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
    private static let hybrid = """
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
        """
    private static let part = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw"

    @Test(arguments: [
        (unified, "0::/", "/sys/fs/cgroup"),
        (unified, "0::/system.slice/models.service\n", "/sys/fs/cgroup/system.slice/models.service"),
        (unified, "0::/../other", nil),
        (unified, "3:memory:/x", nil),
        (hybrid, "9:name=systemd:/a\n4:memory:/b\n0::/c:d", "/sys/fs/cgroup/unified/c:d"),
        (part, "0::/docker/abc", "/sys/fs/cgroup"),
        (part, "0::/docker/abc/x", "/sys/fs/cgroup/x"),
        (part, "0::/docker/abcd", nil),
        ("30 23 0:26 / /odd\\040place rw - cgroup2 cgroup2 rw", "0::/x", "/odd place/x"),
        ("", "0::/", nil), ("30 23 -", "0::/", nil), (unified, "", nil),
    ])
    func theOwnGroupIsFoundWhereverItIsMounted(mounts: String, groups: String, expected: String?) {
        #expect(ControlGroupTree.directory(mounts: mounts, groups: groups, version: .two) == expected)
    }

    @Test func theMemoryOfVersionOneIsFound() {
        let groups = "9:name=systemd:/a\n4:memory,x:/b\n0::/c"
        #expect(
            ControlGroupTree.directory(mounts: Self.hybrid, groups: groups, version: .oneOfMemory)
                == "/sys/fs/cgroup/memory/b")
        #expect(ControlGroupTree.directory(mounts: Self.unified, groups: groups, version: .oneOfMemory) == nil)
    }
}
