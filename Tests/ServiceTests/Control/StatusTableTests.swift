import Service
import Testing
import WireProtocol

/// What `supervisor status` looks like.
@Suite struct StatusTableTests {
    private static let status = """
        {"state":"degraded","version":"1.2.3","pid":4242,"uptime":11520.5,"addresses":["http://127.0.0.1:5000"],
        "deployments":[
        {"name":"llama","state":"degraded","ready":1,"wanted":3,"min_ready":2,"slots":4,"busy":3,"waiting":2,
        "restarts":7,"generation":1,"detail":"a worker has ended: signal 9 (SIGKILL)",
        "last_exit":{"reason":"oom","detail":"signal 9 (SIGKILL)","ago":12.4},
        "workers":[
        {"index":0,"state":"busy","pid":4301,"device":"0","for":3600,"slots":4,"busy":3,"served":1204,
        "rss_bytes":13207024435,"cpu_seconds":4000,"restarts":0},
        {"index":1,"state":"backoff","device":"1","for":2,"slots":0,"busy":0,"served":0,"restarts":6,
        "next_start_in":4.2,"last_exit":{"reason":"oom","detail":"signal 9 (SIGKILL); more of it","ago":12.4}},
        {"index":2,"state":"loading","pid":4399,"device":"2","for":41,"slots":0,"busy":0,"served":0,
        "rss_bytes":912680550,"cpu_seconds":38,"progress":0.351,"message":"shard 7/20","restarts":1,
        "last_exit":{"reason":"config","detail":"config","ago":100}}]},
        {"name":"echo","state":"ready","ready":1,"wanted":1,"slots":1,"busy":0,"waiting":0,"restarts":0,
        "workers":[{"index":0,"state":"idle","pid":4302,"for":86500,"slots":1,"busy":0,"served":9,
        "rss_bytes":20971520,"cpu_seconds":1.2,"restarts":0}]}]}
        """

    private func table(_ json: String, width: Int? = nil, color: Bool = false) throws -> String {
        StatusTable(width: width, usesColor: color).text(try JSONValue.parse(json))
    }

    @Test func whole() throws {
        let expected = """
            supervisor 1.2.3 is degraded, pid 4242, up 3h12m, http://127.0.0.1:5000

            NAME   STATE     READY  BUSY  WAITING  RESTARTS  FOR   PID  DEVICE  RUNS      RSS   CPU  LAST EXIT
            llama  degraded    1/3   3/4        2         7                                          oom: signal 9 (SIGKILL), 12s ago
              ! a worker has ended: signal 9 (SIGKILL)
              0    busy              3/4                  0   1h  4301  0       1204  12.3GiB  1h6m
              1    backoff                                6   2s        1                            starts in 4s; oom: signal 9 (SIGKILL), 12s ago
              2    loading                                1  41s  4399  2          0   870MiB   38s  35 % shard 7/20; config, 1m40s ago
            echo   ready       1/1   0/1        0         0
              0    idle              0/1                  0   1d  4302             9    20MiB    1s

            """
        let actual = try table(Self.status)
        // Line by line, so that a failure shows the one that is wrong.
        for (line, wanted) in zip(actual.split(separator: "\n"), expected.split(separator: "\n")) {
            #expect(line == wanted)
        }
        #expect(actual == expected)
    }

    /// No line is longer than the terminal is wide, and the last column says something as long as it can.
    @Test(arguments: [120, 100, 80, 60]) func adaptsToTheWidth(width: Int) throws {
        let lines = try table(Self.status, width: width).split(separator: "\n")
        for line in lines.dropFirst() { #expect(line.count <= width, "\(line)") }
        for word in ["NAME", "STATE", "READY", "BUSY", "LAST EXIT"] { #expect(lines[1].contains(word)) }
        #expect(lines[2].contains("oom: sign"))
    }

    @Test func colorsOnlyWhereTheyAreWanted() throws {
        #expect(try !table(Self.status).contains("\u{1B}"))
        let colored = try table(Self.status, color: true)
        #expect(colored.contains("\u{1B}[33mdegraded\u{1B}[0m") && colored.contains("\u{1B}[32mbusy\u{1B}[0m"))
        // Colors take no room.
        var plain = colored
        for code in ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m"] { plain.replace("\u{1B}\(code)", with: "") }
        #expect(try plain == table(Self.status))
    }

    @Test func oneDeployment() throws {
        let one = #"{"name":"echo","state":"failed","ready":0,"wanted":1,"slots":0,"busy":0,"workers":[],"detail":"x"}"#
        #expect(
            try table(one) == """
                NAME  STATE   READY  BUSY  WAITING  RESTARTS
                echo  failed    0/1   0/0        0         0
                  ! x

                """)
    }

    /// What workers say of themselves must not steer the terminal.
    @Test func controlCharactersDoNotPass() throws {
        let text = try table(
            #"{"name":"a","state":"starting","workers":[{"index":0,"state":"loading","message":"a\u001b[31m\nb\u009b"}]}"#
        )
        #expect(text.contains("a [31m b "))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    }

    @Test(
        arguments: [
            (0, "0s"), (0.9, "0s"), (59.9, "59s"), (60, "1m"), (61, "1m1s"), (3600, "1h"), (11_520, "3h12m"),
            (86_400, "1d"), (90_000, "1d1h"), (86_500, "1d"), (-1, "?"), (.infinity, "?"),
        ] as [(Double, String)])
    func durations(seconds: Double, text: String) {
        #expect(Brief.duration(seconds: seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1KiB"), (20_971_520, "20MiB"), (1_073_741_824, "1.0GiB"),
            (13_207_024_435, "12.3GiB"), (2e15, "1819.0TiB"), (-1, "?"),
        ] as [(Double, String)])
    func sizes(bytes: Double, text: String) {
        #expect(Brief.size(bytes: bytes) == text)
    }
}

@Suite struct RecordTextTests {
    @Test(
        arguments: [
            (
                #"{"ts":"2026-11-21T05:26:30.6+00:00","level":"info","msg":"listening"}"#, "05:26:30 info    listening"
            ),
            (
                #"{"ts":"2026-11-21T05:26:30.6+00:00","level":"info","msg":"hi\u001b[1m","deployment":"a","worker":1,"pid":7,"source":"stdout","prediction_id":"x"}"#,
                "05:26:30 info    [a/1 7 stdout] hi [1m (prediction x)"
            ),
            (
                #"{"ts":"2026-11-21T05:26:30.6+00:00","level":"info","msg":"one\ntwo\n","deployment":"a"}"#,
                "05:26:30 info    [a] one\n05:26:30 info    [a] two"
            ),
        ] as [(String, String)])
    func logs(json: String, text: String) throws {
        #expect(RecordText.log(try JSONValue.parse(json)).joined(separator: "\n") == text)
    }

    @Test(
        arguments: [
            (
                #"{"ts":"2026-11-21T05:26:30.6+00:00","deployment":"a","worker":1,"pid":7,"from":"busy","to":"exited","reason":"oom","detail":"signal 9 (SIGKILL)"}"#,
                "05:26:30 a/1 (pid 7) busy → exited, oom: signal 9 (SIGKILL)"
            ),
            (#"{"ts":"2026-11-21T05:26:30.6+00:00","to":"draining"}"#, "05:26:30 server draining"),
            (
                #"{"ts":"2026-11-21T05:26:30.6+00:00","deployment":"a","from":"ready","to":"failed","detail":"why"}"#,
                "05:26:30 a ready → failed, why"
            ),
        ] as [(String, String)])
    func stateChanges(json: String, text: String) throws {
        #expect(RecordText.stateChange(try JSONValue.parse(json)) == text)
    }
}
