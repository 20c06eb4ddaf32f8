import Service
import Testing

@Suite("Sockets of a service manager")
struct InheritedSocketsTests {
    private static func sockets(_ environment: [String: String]) throws -> InheritedSockets {
        try InheritedSockets(environment: environment, processID: 7)
    }

    @Test func namesAndNumbers() throws {
        var sockets = try Self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "4", "LISTEN_FDNAMES": "web:admin:web"])
        #expect(sockets.entries.map(\.descriptor) == [3, 4, 5, 6])
        #expect(sockets.entries.map(\.name) == ["web", "admin", "web", "unknown"])
        #expect(try sockets.take("web").map(\.descriptor) == [3, 5])
        #expect(try sockets.take(nil).map(\.descriptor) == [4, 6])
        #expect(throws: InheritedSockets.Absence.self) { try sockets.take(nil) }
    }

    @Test(arguments: [[:], ["LISTEN_PID": "7"], ["LISTEN_PID": "7", "LISTEN_FDS": "0"]])
    func nothingWasPassed(environment: [String: String]) throws {
        var sockets = try Self.sockets(environment)
        #expect(sockets.entries.isEmpty)
        let absence = #expect(throws: InheritedSockets.Absence.self) { try sockets.take(nil) }
        #expect(absence?.text.contains(".socket unit") == true)
    }

    @Test(arguments: [
        (["LISTEN_PID": "8", "LISTEN_FDS": "1"], "process 8"), (["LISTEN_FDS": "1"], "LISTEN_PID"),
        (["LISTEN_PID": "7", "LISTEN_FDS": "-1"], "`-1`"), (["LISTEN_PID": "7", "LISTEN_FDS": "many"], "`many`"),
        (["LISTEN_PID": "7", "LISTEN_FDS": "1000000"], "`1000000`"),
    ])
    func notForUs(environment: [String: String], word: String) {
        let absence = #expect(throws: InheritedSockets.Absence.self) { try Self.sockets(environment) }
        #expect(absence?.text.contains(word) == true)
    }

    @Test func anotherName() throws {
        var sockets = try Self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"])
        let absence = #expect(throws: InheritedSockets.Absence.self) { try sockets.take("wep") }
        #expect(absence?.text.contains("`web`") == true)
        #expect(sockets.entries.count == 1)
    }

    @Test(arguments: [
        ("systemd:", ListenAddress.inherited(name: nil)), ("systemd:web", .inherited(name: "web")),
        ("systemd:supervisor.socket", .inherited(name: "supervisor.socket")),
    ])
    func address(text: String, address: ListenAddress) throws {
        #expect(try ListenAddress(text) == address)
        #expect(address.description == text)
    }

    @Test(arguments: ["systemd:a:b", "systemd:a b", "systemd:ü", "systemd:" + String(repeating: "x", count: 256)])
    func noAddress(text: String) {
        #expect(throws: InvalidValue.self) { try ListenAddress(text) }
    }
}
