/// What workers and the delivery process get of the server's own environment: all but what is meant for the server
/// alone. A worker that wants one of these can be given it by its `env`.
enum InheritedEnvironment {
    /// A variable that does not pass on, and why.
    struct Withheld {
        let name: String
        /// All names that begin so.
        let isPrefix: Bool
        let reason: String

        fileprivate init(_ name: String, isPrefix: Bool = false, _ reason: String) {
            self.name = name
            self.isPrefix = isPrefix
            self.reason = reason
        }

        fileprivate func covers(_ variable: String) -> Bool {
            isPrefix ? variable.hasPrefix(name) : variable == name
        }
    }

    /// What the service manager has said to the server: another process that answered it would speak for the server, and
    /// one that took it for its own would wait for sockets that it does not have.
    static let managers: [Withheld] = [
        Withheld("NOTIFY_SOCKET", "a worker that reports itself ready would report the server ready"),
        Withheld("WATCHDOG_USEC", "a worker would believe that the service manager waits for its beats"),
        Withheld("WATCHDOG_PID", "goes with WATCHDOG_USEC"),
        Withheld("LISTEN_PID", "the sockets that were handed over are the server's"),
        Withheld("LISTEN_FDS", "goes with LISTEN_PID: a worker has other descriptors by these numbers"),
        Withheld("LISTEN_FDNAMES", "goes with LISTEN_PID"),
    ]

    /// What only some parts of the server may know.
    static let secrets: [Withheld] = [
        Withheld("WEBHOOK_AUTH_TOKEN", "only the delivery process signs webhooks with it"),
        Withheld(
            "SUPERVISOR_ADMIN_", isPrefix: true, "who holds the token of the admin listener can stop every deployment"),
    ]

    /// What a worker inherits of `environment`.
    static func forWorkers(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in !(managers + secrets).contains { $0.covers(name) } }
    }

    /// What the delivery process inherits, which needs the token for webhooks.
    static func forDelivery(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            name == "WEBHOOK_AUTH_TOKEN" || !(managers + secrets).contains { $0.covers(name) }
        }
    }
}
