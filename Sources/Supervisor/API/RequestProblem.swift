import HTTP
import WireProtocol

/// One thing that is wrong with a request, in the shape of Cog's validation errors.
struct RequestProblem: Equatable {
    /// Where: `body` or `path` or `header`, then the steps to the place.
    let place: [String]
    let message: String
    let type: String

    /// What Cog calls a wrong value.
    static let wrongValue = "value_error"
    /// The body is no JSON.
    static let notJSON = "value_error.jsondecode"

    init(_ place: [String], _ message: String, type: String = wrongValue) {
        self.place = place
        self.message = message
        self.type = type
    }

    /// More than so many problems are not repeated in `error`; `detail` has them all.
    private static let maximumInSummary = 3

    /// `{"detail":[{"loc":[…],"msg":MSG,"type":TYPE}, …],"error":SUMMARY,"status":"failed"}`
    static func body(_ problems: [RequestProblem], summary: String? = nil) -> [UInt8] {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.beginMember("detail", in: &output)
        JSONWriter.openArray(in: &output)
        for problem in problems {
            JSONWriter.beginElement(in: &output)
            problem.append(to: &output)
        }
        JSONWriter.closeArray(in: &output)
        JSONWriter.appendMember("error", summary ?? self.summary(problems), to: &output)
        JSONWriter.appendMember("status", "failed", to: &output)
        JSONWriter.closeObject(in: &output)
        return output
    }

    /// For clients that look at `error` alone: the first problems, each with the last step of its place.
    private static func summary(_ problems: [RequestProblem]) -> String {
        let named = problems.prefix(maximumInSummary).map { "\($0.place.last ?? "body"): \($0.message)" }
        let rest = problems.count - named.count
        return named.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
    }

    private func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.beginMember("loc", in: &output)
        JSONWriter.openArray(in: &output)
        for step in place {
            JSONWriter.beginElement(in: &output)
            JSONWriter.appendString(step, to: &output)
        }
        JSONWriter.closeArray(in: &output)
        JSONWriter.appendMember("msg", message, to: &output)
        JSONWriter.appendMember("type", type, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}

extension Refusal {
    /// A request that is wrong in one place. `error` repeats the message.
    init(_ status: Status, _ problem: RequestProblem) {
        self.init(.json(status, RequestProblem.body([problem], summary: problem.message)))
    }
}
