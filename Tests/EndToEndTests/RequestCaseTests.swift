import TestSupport
import Testing

/// The shared cases through a live socket; `APITests` puts the same ones to the handler directly.
struct RequestCaseTests {
    @Test(arguments: RequestCase.World.allCases) func answers(_ world: RequestCase.World) throws {
        let server = try RunningSupervisor(deployments(world), gates: ["never"])
        try server.waitUntilListening()
        if world != .starting { try server.waitUntilReady(2) }
        let client = try server.connect()
        for each in RequestCase.of(world) {
            try client.send(each.method, each.target, headers: each.headers, body: Array(each.body.utf8))
            let answer = try client.response(toHead: each.method == "HEAD")
            #expect(answer.status == each.status, "\(each.name): \(answer.text)")
            #expect(each.answer.fits(answer.text), "\(each.name): \(answer.text)")
            for header in each.answerHeaders { #expect(answer[header.name] == header.value, "\(each.name)") }
            #expect(answer["connection"] != "close", "\(each.name)")
        }
    }

    private func deployments(_ world: RequestCase.World) -> [TestDeployment] {
        if world == .starting {
            return [TestDeployment(name: "first", manifest: RequestCase.firstManifest, start: "gate:never")]
        }
        return [
            TestDeployment(
                name: "first", manifest: RequestCase.firstManifest, members: world == .ready ? #","default":true"# : ""),
            TestDeployment(name: "plain", manifest: RequestCase.plainManifest),
        ]
    }
}
