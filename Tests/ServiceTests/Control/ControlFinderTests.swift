import Service
import Testing

@Suite struct ControlFinderTests {
    private func find(
        socket: String? = nil, stateDirectory: String? = nil, environment: [String: String] = [:], live: [String] = []
    ) -> Result<String, ControlFinder.Failure> {
        let surroundings = Surroundings(environment: environment, workingDirectory: "/srv", userID: 7) { _ in .missing
        }
        let finder = ControlFinder(socket: socket, stateDirectory: stateDirectory, in: surroundings)
        do throws(ControlFinder.Failure) {
            let found = try finder.find(
                names: { $0 == "/tmp/supervisor-7" || $0 == "/state" ? ["127.0.0.1_1", "127.0.0.1_2", "python"] : [] },
                isLive: { live.contains($0) })
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    private func path(_ result: Result<String, ControlFinder.Failure>) -> String? { try? result.get() }
    private func problem(_ result: Result<String, ControlFinder.Failure>) -> String? {
        if case .failure(let failure) = result { failure.text } else { nil }
    }

    @Test func theFlagCountsMost() {
        let environment = ["SUPERVISOR_CONTROL_SOCKET": "/e", "SUPERVISOR_STATE_DIR": "/state"]
        #expect(path(find(socket: "s", environment: environment)) == "/srv/s")
        #expect(path(find(environment: environment)) == "/e")
        #expect(path(find(environment: ["SUPERVISOR_CONTROL_SOCKET": ""], live: [])) == nil)
        // Whoever says where to look does not mean the one of the environment.
        let live = ["/state/127.0.0.1_2/control.sock"]
        #expect(path(find(stateDirectory: "/state", environment: environment, live: live)) == live[0])
    }

    @Test func theOnlyOneThatLivesIsMeant() {
        let one = "/tmp/supervisor-7/127.0.0.1_2/control.sock"
        #expect(path(find(live: [one])) == one)
        #expect(
            path(find(environment: ["SUPERVISOR_STATE_DIR": "/state"], live: ["/state/127.0.0.1_1/control.sock"]))
                == "/state/127.0.0.1_1/control.sock")
    }

    @Test func noneAndSeveralAreSaidWithARemedy() {
        let none = problem(find()) ?? ""
        #expect(none.contains("/tmp/supervisor-7") && none.contains("supervisor serve") && none.contains("--socket"))
        let both = ["/state/127.0.0.1_1/control.sock", "/state/127.0.0.1_2/control.sock"]
        let several = problem(find(stateDirectory: "/state", live: both)) ?? ""
        for path in both { #expect(several.contains("--socket \(path)")) }
    }
}
