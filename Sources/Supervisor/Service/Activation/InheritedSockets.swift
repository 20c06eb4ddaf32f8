/// Which descriptors a service manager has passed to this process as listening sockets, as its variables say ("socket
/// activation", sd_listen_fds(3)). Pure: the descriptors themselves are the owner's to look at.
package struct InheritedSockets: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let descriptor: Int32
        /// What the manager calls it.
        package let name: String
    }

    /// Why there are none to be had: the rest of a sentence that begins with what was asked for.
    package struct Absence: Error, Equatable {
        package let text: String
    }

    /// The first descriptor that is passed (SD_LISTEN_FDS_START).
    static let firstDescriptor: Int32 = 3
    /// More than any manager passes; a larger number is a mistake.
    static let maximumCount: Int32 = 4_096
    /// What systemd calls a socket where nobody has named it.
    private static let unnamed = "unknown"

    /// Those that nobody has taken yet.
    package private(set) var entries: [Entry]

    /// Without any: for a process that was started by hand.
    package init() {
        entries = []
    }

    /// - Throws: when the variables speak of sockets, but not to this process, or not in their form.
    package init(environment: [String: String], processID: Int32) throws(Absence) {
        entries = []
        guard let text = environment["LISTEN_FDS"] else { return }
        guard let count = Int32(text), (0...Self.maximumCount).contains(count) else {
            throw Absence(text: "LISTEN_FDS is `\(text)`, which is no number of sockets")
        }
        guard let owner = environment["LISTEN_PID"] else {
            throw Absence(text: "LISTEN_FDS is set, but LISTEN_PID does not say for which process")
        }
        guard owner == String(processID) else {
            throw Absence(
                text:
                    "the sockets are meant for process \(owner) (LISTEN_PID), and this is process \(processID); where a "
                    + "script starts the server, let it do so with `exec`")
        }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        entries = (0..<count).map { number in
            let name = Int(number) < names.count ? String(names[Int(number)]) : ""
            return Entry(descriptor: Self.firstDescriptor + number, name: name.isEmpty ? Self.unnamed : name)
        }
    }

    /// Takes those of that name out; nil: all.
    ///
    /// - Throws: when there are none.
    package mutating func take(_ name: String?) throws(Absence) -> [Entry] {
        guard !entries.isEmpty else {
            throw Absence(
                text:
                    "no socket was passed, or all are in use by another address; start the server by a .socket unit of "
                    + "systemd, or name a port or a path")
        }
        guard let name else {
            defer { entries = [] }
            return entries
        }
        let found = entries.filter { $0.name == name }
        guard !found.isEmpty else {
            let known = entries.map { "`\($0.name)`" }.joined(separator: ", ")
            throw Absence(
                text: "no socket of that name was passed; there are \(known) (FileDescriptorName= names them)")
        }
        entries.removeAll { $0.name == name }
        return found
    }
}
