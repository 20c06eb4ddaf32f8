import EventLoop
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:80", true),
        ("0.0.0.0", "0.0.0.0:80", false),
        ("255.254.1.0", "255.254.1.0:80", false),
        ("::1", "[::1]:80", true),
        ("[::1]", "[::1]:80", true),
        ("::", "[::]:80", false),
        ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:80", true),
        ("2001:db8::0102:3", "[2001:db8::102:3]:80", false),
    ])
    func parsesLiterals(host: String, text: String, isLoopback: Bool) throws {
        let address = try #require(SocketAddress(host: host, port: 80))
        #expect(address.description == text)
        #expect(address.isLoopback == isLoopback)
        #expect(address.port == 80)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "[127.0.0.1]", "[::1", "::1%lo", "1.2.3.4 "])
    func refusesAllElse(host: String) {
        #expect(SocketAddress(host: host, port: 80) == nil)
    }

    @Test func aPathHasNoPort() {
        let address = SocketAddress.unix(path: "/run/s.sock")
        #expect(address.description == "unix:/run/s.sock")
        #expect(address.port == nil && address.isLoopback)
    }
}
