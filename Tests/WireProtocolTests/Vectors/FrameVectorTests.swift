import Testing
import WireProtocol

/// One entry of a `frames-….json`.
struct FrameVector: Sendable, CustomTestStringConvertible {
    let entry: JSONValue

    var testDescription: String { entry["name"]?.stringValue ?? "without a name" }

    static func load(_ name: String) -> [FrameVector] { VectorFile.entries(name).map(FrameVector.init) }

    /// A frame as the vector describes it.
    struct Expectation {
        let header: FrameHeader
        let payload: Payload

        enum Payload {
            case none
            case json(JSONValue)
            case bytes([UInt8])
        }

        init(_ entry: JSONValue) throws {
            let name = try #require(entry.required("type").stringValue)
            let type = try #require(FrameType.allCases.first { "\($0)" == name })
            header = FrameHeader(
                type, flags: try Self.flags(entry), slot: try Self.slot(entry),
                sequence: try #require(entry.required("sequence").unsignedValue))
            if let value = entry["payload"] {
                payload = .json(value)
            } else if let text = entry["text"]?.stringValue {
                payload = .bytes(Array(text.utf8))
            } else if let bytes = entry["bytes"]?.hexadecimalBytes {
                payload = .bytes(bytes)
            } else {
                payload = .none
            }
        }

        static func slot(_ entry: JSONValue) throws -> UInt16 {
            let slot = try entry.required("slot")
            return slot == .null ? FrameHeader.noSlot : UInt16(try #require(slot.integerValue))
        }

        static func flags(_ entry: JSONValue) throws -> FrameFlags {
            var flags: FrameFlags = []
            for flag in entry["flags"]?.arrayValue ?? [] {
                switch flag.stringValue {
                case "spilled": flags.insert(.spilled)
                case "standardError": flags.insert(.standardError)
                case "collected": flags.insert(.collected)
                default: Issue.record("unknown flag \(flag)")
                }
            }
            return flags
        }

        func matches(_ payload: UnsafeRawBufferPointer) throws -> Bool {
            switch self.payload {
            case .none: payload.isEmpty
            case .json(let value): try JSONValue.parse(payload) == value
            case .bytes(let bytes): payload.elementsEqual(bytes)
            }
        }
    }
}

@Suite("Frame vectors")
struct FrameVectorTests {
    @Test("that are canonical are read and written back", arguments: FrameVector.load("frames-canonical"))
    func canonical(vector: FrameVector) throws {
        let hex = try #require(vector.entry.required("hex").hexadecimalBytes)
        #expect(vector.entry["canonical"]?.boolValue == true)
        let outcome = try run(vector)
        #expect(outcome.error == nil)
        #expect(outcome.writtenBack == hex)
    }

    @Test("that are not canonical are read", arguments: FrameVector.load("frames-lenient"))
    func lenient(vector: FrameVector) throws {
        let hex = try #require(vector.entry.required("hex").hexadecimalBytes)
        #expect(vector.entry["canonical"]?.boolValue == false)
        let outcome = try run(vector)
        #expect(outcome.error == nil)
        #expect(outcome.writtenBack != hex)
    }

    @Test("that are illegal are refused with code and offset", arguments: FrameVector.load("frames-illegal"))
    func illegal(vector: FrameVector) throws {
        let expected = try vector.entry.required("error")
        let error = try #require(try run(vector).error)
        #expect(error.code.rawValue == expected["code"]?.stringValue)
        #expect(error.offset == expected["offset"]?.unsignedValue)
        #expect(error.fault == .remote)
        #expect(error.reason.hasSuffix(".") && !error.reason.contains("\n"), "one sentence: \(error.reason)")
    }

    struct Outcome {
        var writtenBack: [UInt8] = []
        var error: ProtocolError?
    }

    /// Reads the vector's bytes, compares frame by frame, and encodes each message again.
    private func run(_ vector: FrameVector) throws -> Outcome {
        let hex = try #require(vector.entry.required("hex").hexadecimalBytes)
        let expected = try #require(vector.entry.required("frames").arrayValue).map(FrameVector.Expectation.init)
        let sender = try #require(Role(rawValue: vector.entry.required("direction").stringValue ?? ""))
        var decoder = FrameDecoder(
            maximumPayloadLength: vector.entry["limit"]?.integerValue ?? ProtocolLimits.maximumPayloadLength)
        var outcome = Outcome()
        var count = 0
        try hex.withUnsafeBytes { input in
            var position = 0
            do {
                while let frame = try decoder.next(from: input, at: &position) {
                    try rewrite(frame, from: sender, to: &outcome.writtenBack)
                    try #require(count < expected.count)
                    var header = expected[count].header
                    header.payloadLength = UInt32(frame.payload.count)
                    let isEqual = try expected[count].matches(frame.payload)
                    #expect(frame.header == header)
                    #expect(isEqual, "payload of frame \(count)")
                    count += 1
                }
                try decoder.finish()
            } catch let error as ProtocolError {
                outcome.error = error
            }
        }
        #expect(count == expected.count)
        return outcome
    }

    private func rewrite(_ frame: Frame, from sender: Role, to output: inout [UInt8]) throws {
        switch sender {
        case .supervisor: try SupervisorMessage.decode(frame).encode(into: &output)
        case .worker: try WorkerMessage.decode(frame).encode(into: &output)
        }
    }
}
