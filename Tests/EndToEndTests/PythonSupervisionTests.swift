import Glibc
import Testing
import WireProtocol

/// Python models that do not do as they should, and how far they come with it.
struct PythonSupervisionTests {
    private func serve(_ source: String, _ words: [String]) throws -> RunningSupervisor {
        let directory = try TestDirectory()
        try directory.write("model.py", "import os, re, sys, time\nfrom supervisor_worker import *\n" + source)
        return try RunningSupervisor(serving: ["model.py", "--python", ModelPython.plain] + words, in: directory)
    }

    private func worker(_ server: RunningSupervisor) throws -> JSONValue {
        let status = try JSONValue.parse(try server.control("GET", "/status").body)
        return try #require(status["deployments"]?.arrayValue?.first?["workers"]?.arrayValue?.first)
    }

    /// A run that swallows the cancel ends by SIGUSR1, and its worker lives on with the other one.
    @Test func signalEndsARunThatSwallowedItsCancel() throws {
        let server = try serve(
            """
            @streaming
            def stubborn():
                tries = 0
                while True:
                    try:
                        yield "trying"
                        while True: time.sleep(0.01)
                    except BaseException:
                        tries += 1
                        if tries > 1: raise
            """, ["--cancel-grace", "100ms", "--cancel-signal-grace", "1m"])
        let pid = try server.waitUntilReady()[0]
        let stream = try server.stream("PUT", "/predictions/x", #"{"input":{}}"#)
        try stream.next { $0.name == "output" }
        #expect(try server.request("POST", "/predictions/x/cancel").status == 200)
        #expect(try stream.all().last?.json?["status"]?.stringValue == "canceled")
        #expect(try worker(server)["pid"]?.integerValue == Int(pid))
        #expect(try worker(server)["restarts"]?.integerValue == 0)
    }

    /// One call that keeps the interpreter's lock for longer than the watchdog waits holds the heartbeats up, but uses
    /// processor time.
    @Test func longCallIsNotTakenForDeath() throws {
        let server = try serve(
            """
            @handler
            def match():
                # Twice the time with each letter, in one call that lets no other thread in.
                for length in range(16, 40):
                    begin = time.monotonic()
                    re.match("(a+)+$", "a" * length + "b")
                    if time.monotonic() - begin > 2: return os.getpid()
            """, ["--watchdog-interval", "1s", "--watchdog-abort-grace", "0s"])
        let pid = try server.waitUntilReady()[0]
        let answer = try JSONValue.parse(try server.request("POST", "/predictions", #"{"input":{}}"#).body)
        #expect(answer["output"]?.integerValue == Int(pid), "\(answer)")
        #expect(try worker(server)["restarts"]?.integerValue == 0)
    }

    @Test func stoppedModelIsReplacedWhereItIsWatched() throws {
        let server = try serve("@handler\ndef idle(): return 1", ["--watchdog-interval", "1s"])
        let pid = try server.waitUntilReady()[0]
        let feed = try server.stateChanges()
        kill(pid, SIGSTOP)
        let end = try feed.next { $0.json?["to"]?.stringValue == "exited" }
        #expect(end.json?["reason"]?.stringValue == "watchdog")
        #expect(try server.waitUntilReady()[0] != pid)
    }

    @Test func configurationErrorOfAModelIsNotTriedAgain() throws {
        let server = try serve(
            """
            class Model:
                def setup(self): raise ConfigurationError("no weights at /w; set W")
                @handler
                def go(self): return 1
            """, [])
        try server.waitForLog("why") { $0.message.contains("no weights at /w; set W") }
        try server.waitForLog("it is given up") { $0.message.hasPrefix("the deployment has failed") }
        #expect(try worker(server)["last_exit"]?["reason"]?.stringValue == "config")
    }
}
