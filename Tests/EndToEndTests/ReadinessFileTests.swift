import EventLoop
import Glibc
import Testing

/// The file that exists while the server is ready.
struct ReadinessFileTests {
    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    @Test func comesAndGoesWithReadiness() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/run/cog/ready"
        let server = try RunningSupervisor(
            [TestDeployment(start: "gate:load"), TestDeployment(name: "other")], gates: ["load"],
            arguments: ["--port", "0", "--readiness-file", path], in: directory)
        try server.waitUntilReady()
        // One of two is not enough; the answer comes from a later turn than the news that it is ready.
        #expect(try server.request("GET", "/readyz").status == 503)
        #expect(!exists(path))
        server.gate("load").open()
        try server.waitForLog("the other is ready") { $0.message.hasPrefix("worker ready") }
        #expect(try server.request("GET", "/readyz").status == 200)
        #expect(exists(path))

        let events = try server.stream("POST", "/other/predictions", RunningSupervisor.script(#"["kill"]"#)).all()
        #expect(events.last?.name == "completed")
        #expect(try server.request("GET", "/livez").status == 200)
        #expect(!exists(path))
        try server.waitForLog("it is started again") { $0.message.hasPrefix("worker ready") }
        #expect(try server.request("GET", "/readyz").status == 200)
        #expect(exists(path))

        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(!exists(path))
    }

    @Test func failureToWriteIsAWarning() throws {
        let directory = try TestDirectory()
        try directory.write("file", "")
        let server = try RunningSupervisor(
            arguments: ["--port", "0", "--readiness-file", "\(directory.path)/file/ready"], in: directory)
        try server.waitForLog("the warning") {
            $0.level == "warning" && $0.message.hasPrefix("the readiness file cannot be kept")
        }
        try server.waitUntilReady()
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }
}
