import Service
import Testing

@Suite struct ListenTests {
    @Test(arguments: [
        ("127.0.0.1:5000", ListenAddress.tcp(host: "127.0.0.1", port: 5000), true),
        ("localhost:0", .tcp(host: "127.0.0.1", port: 0), true),
        ("0.0.0.0:80", .tcp(host: "0.0.0.0", port: 80), false),
        ("127.8.8.8:65535", .tcp(host: "127.8.8.8", port: 65535), true),
        ("[::1]:5000", .tcp(host: "::1", port: 5000), true),
        ("[2001:db8::1.2.3.4]:1", .tcp(host: "2001:db8::1.2.3.4", port: 1), false),
        ("unix:/run/x.sock", .unix(path: "/run/x.sock"), true),
    ])
    func readsAddresses(text: String, address: ListenAddress, isLoopback: Bool) throws {
        #expect(try ListenAddress(text) == address)
        #expect(address.isLoopback == isLoopback)
        #expect(try ListenAddress(address.description) == address)
    }

    @Test(arguments: [
        ("5000", "must be HOST:PORT, unix:PATH or systemd:, not `5000`", "write 127.0.0.1:5000"),
        ("/run/x", "must be HOST:PORT, unix:PATH or systemd:, not `/run/x`", "write unix:/run/x"),
        ("10.0.0.1", "must be HOST:PORT, unix:PATH or systemd:, not `10.0.0.1`", "write 10.0.0.1:5000"),
        (":5000", "must name a host before the colon", "0.0.0.0:PORT listens on all interfaces"),
        ("::1:5000", "must have its IPv6 address in brackets", "write [::1]:PORT"),
        ("[::1]", "must end in a port from 0 to 65535, not `1]`", nil),
        ("[x]:1", "must have an IPv6 address in its brackets, not `x`", nil),
        ("1.2.3.4:65536", "must end in a port from 0 to 65535, not `65536`", nil),
        ("1.2.3.4:+1", "must end in a port from 0 to 65535, not `+1`", nil),
        ("unix:", "must name a path after `unix:`", nil),
    ])
    func refusesOthers(text: String, message: String, hint: String?) {
        #expect(throws: InvalidValue(message, hint: hint)) { try ListenAddress(text) }
    }

    @Test func refusesHostNames() {
        #expect(throws: InvalidValue.self) { try ListenAddress("example.org:80") }
    }

    @Test func limitsSocketPaths() throws {
        let longest = "unix:/" + String(repeating: "x", count: ListenAddress.maximumPathLength - 1)
        _ = try ListenAddress(longest)
        #expect(throws: InvalidValue.self) { try ListenAddress(longest + "x") }
        // Relative ones count with their directory.
        let relative = String(repeating: "x", count: ListenAddress.maximumPathLength - 5)
        #expect(Loading.load(flags: ["--listen=unix:\(relative)"]).configuration == nil)
    }

    @Test(arguments: [
        ("0.0.0.0", true), ("255.255.255.255", true), ("256.0.0.1", false), ("1.2.3", false), ("1.2.3.4.5", false),
        ("01.2.3.4", false), ("1.2.3.", false), ("", false), ("1.2.3.x", false), ("+1.2.3.4", false),
    ])
    func knowsIPv4(text: String, isAddress: Bool) {
        #expect(IPLiteral.isIPv4(text) == isAddress)
    }

    @Test(arguments: [
        ("::", true), ("::1", true), ("1::", true), ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7::", true),
        ("1::8", true), ("::ffff:1.2.3.4", true), ("1:2:3:4:5:6:1.2.3.4", true), ("ABCD::ef01", true),
        ("", false), (":", false), (":::", false), ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false),
        ("1::2::3", false), ("12345::", false), ("g::", false), ("1:2:3:4:5:6:7:8::", false), ("1.2.3.4::", false),
        ("1.2.3.4:1:2:3:4:5:6", false), ("fe80::1%eth0", false), ("1:", false), (":1", false),
    ])
    func knowsIPv6(text: String, isAddress: Bool) {
        #expect(IPLiteral.isIPv6(text) == isAddress)
    }

    // MARK: host and port beside listen

    @Test func combinesHostAndPort() throws {
        let configuration = try Loading.configuration(
            Loading.file(#""host": "0.0.0.0""#), environment: ["PORT": "8080"])
        #expect(configuration.listenAddresses == [.tcp(host: "0.0.0.0", port: 8080)])
    }

    @Test func repeatsTheFlag() throws {
        let configuration = try Loading.configuration(
            Loading.file(#""listen": "10.0.0.1:1""#), flags: ["--listen=127.0.0.1:1", "--listen=unix:s"])
        #expect(configuration.listenAddresses == [.tcp(host: "127.0.0.1", port: 1), .unix(path: "/etc/models/s")])
    }

    @Test func letsTheStrongerOriginDecide() throws {
        let file = Loading.file(#""listen": ["unix:s"]"#)
        #expect(try Loading.configuration(file).listenAddresses == [.unix(path: "/etc/models/s")])
        let byPort = try Loading.configuration(file, flags: ["--port=7"])
        #expect(byPort.listenAddresses == [.tcp(host: "127.0.0.1", port: 7)])
        let byListen = try Loading.configuration(environment: ["PORT": "7"], flags: ["--listen=127.0.0.1:8"])
        #expect(byListen.listenAddresses == [.tcp(host: "127.0.0.1", port: 8)])
        let both = try Loading.configuration(environment: ["PORT": "7", "SUPERVISOR_LISTEN": "127.0.0.1:8"])
        #expect(both.listenAddresses == [.tcp(host: "127.0.0.1", port: 8)])
    }

    @Test func refusesContradictions() {
        let flags = Loading.load(flags: ["--listen=127.0.0.1:1", "--port=2"])
        #expect(flags.lines == ["listen: cannot be combined with `port` (flag --listen and flag --port)"])
        let file = Loading.load(Loading.file(#""listen": ["127.0.0.1:1"], "host": "::1""#))
        #expect(file.lines == ["listen: cannot be combined with `host` (supervisor.json:1 and supervisor.json:1)"])
        let twice = Loading.load(flags: ["--listen=127.0.0.1:1", "--listen=localhost:1"])
        #expect(twice.lines == ["listen: names 127.0.0.1:1 twice"])
    }
}
