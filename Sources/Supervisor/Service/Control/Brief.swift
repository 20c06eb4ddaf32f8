/// Numbers and texts as short as a table needs them.
package enum Brief {
    /// `850ms` is nothing that anybody wants to know of a worker: whole seconds, the two largest units.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        let whole = Int(min(seconds, 1e12))
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return joined(whole / 60, "m", whole % 60, "s")
        case ..<86_400: return joined(whole / 3600, "h", whole / 60 % 60, "m")
        default: return joined(whole / 86_400, "d", whole / 3600 % 24, "h")
        }
    }

    private static func joined(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }

    /// `12.3GiB`, `870MiB`: one decimal from a gibibyte on.
    package static func size(bytes: Double) -> String {
        guard bytes.isFinite, bytes >= 0 else { return "?" }
        if bytes < 1024 { return "\(Int(bytes))B" }
        var value = bytes / 1024
        var units = ["KiB", "MiB", "GiB", "TiB"][...]
        while value >= 1024, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        let unit = units.first ?? ""
        guard unit == "GiB" || unit == "TiB" else { return "\(Int(value.rounded()))\(unit)" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)\(unit)"
    }

    /// On one line, and nothing in it that a terminal would obey.
    package static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar
                }))
    }
}
