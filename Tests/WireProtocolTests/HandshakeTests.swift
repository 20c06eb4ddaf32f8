import Testing
import WireProtocol

@Suite("Handshake")
struct HandshakeTests {
    @Test("agrees on what both can do, within the supervisor's limits")
    func agreement() throws {
        let supervisor = SupervisorHello(
            supervisor: "s", capabilities: ["spill", "a"], maximumPayloadLength: 70_000, inlinePayloadLength: 500,
            spoolDirectory: "/s")
        let agreement = try Agreement(supervisor, WorkerHello(worker: "w", capabilities: ["b", "spill"]))
        #expect(agreement.capabilities == ["spill"])
        #expect(agreement.allowsSpill)
        #expect(agreement.maximumPayloadLength == 70_000)
        #expect(agreement.inlinePayloadLength == 500)
        #expect(agreement.spoolDirectory == "/s")
        #expect(try !Agreement(supervisor, WorkerHello(worker: "w")).allowsSpill)
    }

    @Test("names both versions when there is none in common")
    func incompatible() {
        let worker = WorkerHello(version: ProtocolVersion(major: 2, minor: 0), worker: "w")
        do throws(ProtocolError) {
            _ = try Agreement(SupervisorHello(supervisor: "s", spoolDirectory: "/s"), worker)
            Issue.record("versions 1.1 and 2.0 agreed")
        } catch {
            #expect(error.code == .incompatibleVersion)
            #expect(error.reason.contains("1.1") && error.reason.contains("2.0"))
        }
    }
}
