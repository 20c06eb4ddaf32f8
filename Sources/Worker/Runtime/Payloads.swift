import WireProtocol

// Payloads that are made without their frame, because a run makes its frames itself.

extension Metric {
    /// The payload of a `metric` frame.
    var json: [UInt8] {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("mode", mode.rawValue, to: &output)
        JSONWriter.appendMember("name", name, to: &output)
        JSONWriter.appendMember("value", value, to: &output)
        JSONWriter.closeObject(in: &output)
        return output
    }
}

extension FileOutput {
    /// The payload of a `fileOutput` frame.
    var json: [UInt8] {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("path", path, to: &output)
        JSONWriter.appendMember("mime", mime, to: &output)
        JSONWriter.appendMember("name", name, to: &output)
        JSONWriter.closeObject(in: &output)
        return output
    }
}

extension SpillFile {
    /// The payload of a spilled frame.
    var json: [UInt8] {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("path", path, to: &output)
        JSONWriter.appendMember("size", size, to: &output)
        JSONWriter.closeObject(in: &output)
        return output
    }
}
