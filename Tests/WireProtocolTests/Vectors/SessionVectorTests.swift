import Testing
import WireProtocol

/// One entry of `sessions.json`.
struct SessionVector: Sendable, CustomTestStringConvertible {
    let entry: JSONValue

    var testDescription: String { entry["name"]?.stringValue ?? "without a name" }

    static let all = VectorFile.entries("sessions").map(SessionVector.init)
}

@Suite("Session vectors")
struct SessionVectorTests {
    @Test("are judged alike by both ends", arguments: SessionVector.all, [Role.supervisor, .worker])
    func session(vector: SessionVector, role: Role) throws {
        if let end = vector.entry["end"]?.stringValue, end != role.rawValue { return }
        let steps = try #require(vector.entry.required("steps").arrayValue)
        let failing = vector.entry["error"]?["step"]?.integerValue
        var session = Session(role: role)
        for (index, step) in steps.enumerated() {
            let header = try FrameVector.Expectation(step).header
            let error = session.refusal(of: header)
            if index == failing {
                #expect(error?.code.rawValue == vector.entry["error"]?["code"]?.stringValue)
                #expect(error?.fault == (header.type.sender == role ? .local : .remote))
            } else {
                #expect(error == nil, "step \(index)")
            }
            try tell(&session, after: header.type, vector.entry)
        }
    }

    /// What the payloads of the hellos and of `ready` would tell.
    private func tell(_ session: inout Session, after type: FrameType, _ entry: JSONValue) throws {
        if type == .workerHello, session.phase == .greeted {
            let capabilities = try #require(entry.required("capabilities").arrayValue).compactMap(\.stringValue)
            session.adopt(
                try Agreement(
                    SupervisorHello(supervisor: "s", capabilities: capabilities, spoolDirectory: "/s"),
                    WorkerHello(worker: "w", capabilities: capabilities)))
        }
        if type == .ready { session.limitSlots(to: try #require(entry.required("slots").integerValue)) }
    }
}

@Suite("Version vectors")
struct VersionVectorTests {
    @Test("say which version is spoken", arguments: VectorFile.entries("versions"))
    func version(entry: JSONValue) throws {
        let supervisor = try version(entry, "supervisor")
        let worker = try version(entry, "worker")
        let spoken = entry["spoken"] == .null ? nil : try version(entry, "spoken")
        #expect(supervisor.common(with: worker) == spoken)
        #expect(worker.common(with: supervisor) == spoken)
        let hello = SupervisorHello(version: supervisor, supervisor: "s", spoolDirectory: "/s")
        let agreement = try? Agreement(hello, WorkerHello(version: worker, worker: "w"))
        #expect(agreement?.version == spoken)
    }

    private func version(_ entry: JSONValue, _ key: String) throws -> ProtocolVersion {
        let parts = try #require(entry.required(key).arrayValue).compactMap(\.integerValue)
        try #require(parts.count == 2)
        return ProtocolVersion(major: parts[0], minor: parts[1])
    }
}
