import SSE
import TestSupport
import Testing

@Suite("Event encoder")
struct EventEncoderTests {
    static let id = EventID(epoch: Epoch(text: "k3f9xa"), sequence: 17)

    static let goldens: [(name: String?, id: EventID?, retry: Int?, data: String, bytes: String)] = [
        (
            "output", id, nil, #"{"chunk":"a","index":0}"#,
            "event: output\nid: k3f9xa-17\ndata: {\"chunk\":\"a\",\"index\":0}\n\n"
        ),
        ("start", id, 1500, "{}", "event: start\nid: k3f9xa-17\nretry: 1500\ndata: {}\n\n"),
        (nil, id, nil, "1", "id: k3f9xa-17\ndata: 1\n\n"),
        ("gap", nil, nil, "{}", "event: gap\ndata: {}\n\n"),
        (nil, nil, nil, "[DONE]", "data: [DONE]\n\n"),
        (nil, nil, 2000, "", "retry: 2000\ndata: \n\n"),
        (nil, id, nil, "", "id: k3f9xa-17\ndata: \n\n"),
        (nil, nil, nil, "a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (nil, nil, nil, "a\u{85}\u{2028}\u{2029}b", "data: a\\u0085\\u2028\\u2029b\n\n"),
        (nil, nil, nil, "\n\n", "data: \ndata: \ndata: \n\n"),
    ]

    @Test(arguments: goldens.indices)
    func golden(_ index: Int) {
        let golden = Self.goldens[index]
        let bytes = EventEncoder.encode(
            name: golden.name, id: golden.id, retry: golden.retry, data: Array(golden.data.utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == golden.bytes)
        // Whatever fields it has, it has data: no client of ours ever sees a block of only an id or a retry.
        let reader = EventStreamReader(bytes)
        #expect(reader.events.count == 1)
        #expect(reader.complaints == [])
    }

    @Test func theHeartbeatIsOneComment() {
        #expect(EventEncoder.heartbeat == Array(": \n".utf8))
        let reader = EventStreamReader(EventEncoder.heartbeat + EventEncoder.heartbeat)
        #expect(reader.commentCount == 2)
        #expect(reader.complaints == [])
    }

    @Test(arguments: goldens.indices)
    func decodingGivesBackNameAndData(_ index: Int) {
        let golden = Self.goldens[index]
        let bytes = EventEncoder.encode(
            name: golden.name, id: golden.id, retry: golden.retry, data: Array(golden.data.utf8))
        let (name, data) = EventEncoder.decode(bytes)
        #expect(name == golden.name)
        #expect(String(decoding: data, as: UTF8.self) == EventStreamReader(bytes).events.first?.data)
    }

    @Test func appendingLeavesWhatWasThere() {
        var output = Array("x".utf8)
        EventEncoder.append(name: nil, id: nil, data: Array("1".utf8), to: &output)
        #expect(output == Array("xdata: 1\n\n".utf8))
    }
}
