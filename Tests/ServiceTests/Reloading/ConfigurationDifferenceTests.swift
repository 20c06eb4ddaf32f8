import Service
import Testing

@Suite("What a reload changes")
struct ConfigurationDifferenceTests {
    private static let two = """
        {"deployments": [{"name": "a", "command": ["worker"]}, {"name": "b", "command": ["worker"], "workers": 2}]}
        """

    private static func difference(
        _ old: String, _ new: String, environment: [String: String] = [:]
    ) throws -> ConfigurationDifference {
        let old = try Loading.configuration(old)
        let new = try Loading.configuration(new, environment: environment)
        return ConfigurationDifference(from: old.deployments, startedWith: old, to: new)
    }

    @Test func nothing() throws {
        let difference = try Self.difference(Self.two, Self.two)
        #expect(difference.changed.isEmpty && difference.added.isEmpty && difference.removed.isEmpty)
        #expect(difference.ignored.isEmpty)
    }

    /// Order is nothing, names are all.
    @Test func comingAndGoing() throws {
        let new = #"{"deployments": [{"name": "c", "command": ["x"]}, {"name": "a", "command": ["worker"]}]}"#
        let difference = try Self.difference(Self.two, new)
        #expect(difference.added.map(\.name) == ["c"])
        #expect(difference.removed == [1])
        #expect(difference.changed.isEmpty)
    }

    /// One that is gone is no deployment that the new configuration lacks, and its name can be used again.
    @Test func theGoneAreNotCounted() throws {
        let old = try Loading.configuration(Self.two)
        let difference = ConfigurationDifference(
            from: [nil, old.deployments[1]], startedWith: old, to: old)
        #expect(difference.added.map(\.name) == ["a"])
        #expect(difference.removed.isEmpty)
    }

    @Test(arguments: [
        (#""command": ["worker", "--new"]"#, true), (#""command": ["worker"], "env": {"A": "1"}"#, true),
        (#""command": ["worker"], "cwd": "elsewhere""#, true), (#""command": ["worker"], "concurrency": 1"#, true),
        (#""command": ["worker"], "streaming": false"#, true), (#""command": ["worker"], "handler": "x""#, true),
        (#""command": ["worker"], "devices": ["0"]"#, true),
        (#""command": ["worker"], "watchdog": {"interval": "7s"}"#, true),
        (#""command": ["worker"], "workers": 3"#, false), (#""command": ["worker"], "load_timeout": "7s""#, false),
        (#""command": ["worker"], "stop_grace": "7s""#, false),
        (#""command": ["worker"], "limits": {"output": "7MiB"}"#, false),
        (#""command": ["worker"], "restart": {"backoff": "7s"}"#, false),
    ])
    func members(members: String, needsNewWorkers: Bool) throws {
        let old = #"{"deployments": [{"name": "a", "command": ["worker"]}]}"#
        let difference = try Self.difference(old, #"{"deployments": [{"name": "a", \#(members)}]}"#)
        #expect(difference.changed.map(\.index) == [0])
        #expect(difference.changed.first?.needsNewWorkers == needsNewWorkers)
    }

    /// Which one is the default concerns routes alone.
    @Test func defaultRoute() throws {
        let new = Self.two.replacing(#""name": "a","#, with: #""name": "a", "default": true,"#)
        #expect(try Self.difference(Self.two, new).changed.isEmpty)
    }

    @Test func whatCannotChange() throws {
        let difference = try Self.difference(
            Loading.minimal, Loading.file(#""port": 1, "limits": {"connections": 7}"#))
        #expect(difference.ignored == ["port", "limits.connections"])
        #expect(difference.changed.isEmpty)
    }

    /// A default of deployments is no server-wide setting: those that inherit it have changed.
    @Test func defaultsOfDeployments() throws {
        let difference = try Self.difference(
            Loading.minimal, Loading.file(#""load_timeout": "7s", "shutdown": {"stop_grace": "3s"}"#))
        #expect(difference.ignored.isEmpty)
        #expect(difference.changed.map(\.needsNewWorkers) == [false])
    }
}
