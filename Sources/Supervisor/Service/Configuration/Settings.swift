import WireProtocol

/// The one table of everything that can be set, in the order in which help and documents show it.
package enum Settings {
    /// Settings that belong together.
    package struct Group: Sendable {
        /// As help says it.
        package let title: String
        /// Its settings.
        package let settings: [Setting<Configuration>]
    }

    /// All groups of server-wide settings.
    package static let groups: [Group] = [
        Group(title: "Listening", settings: listening),
        Group(title: "General", settings: general),
        Group(title: "Control", settings: control),
        Group(title: "Workers", settings: workers + host),
        Group(title: "Restarting", settings: restarting(.server)),
        Group(title: "Watchdog and cancelling", settings: watching(.server)),
        Group(title: "Recycling and memory", settings: recycling(.server)),
        Group(title: "Retrying", settings: retrying(.server)),
        Group(title: "Worker processes", settings: processes(.server)),
        Group(title: "Limits", settings: limits),
        Group(title: "History and replay", settings: history),
        Group(title: "Event streams", settings: streaming),
        Group(title: "HTTP time-outs", settings: http),
        Group(title: "Webhooks and uploads", settings: delivery),
        Group(title: "Shutdown", settings: shutdown),
    ]

    /// All server-wide settings.
    package static let all: [Setting<Configuration>] = groups.flatMap(\.settings)

    /// Most connections, streams and the like that can be asked for: far more than a process has descriptors.
    private static let manyConnections = 1_000_000
    /// Largest size that can be asked for where only memory sets a limit.
    private static let largeSize = 1 << 40
    /// Largest body or output: lies whole in memory, and half of what a length of 32 bits can say.
    private static let largestPayload = 2 << 30
    /// Longest time that can be asked for: beyond a day "for ever" is meant.
    private static let longTime: Nanoseconds = .seconds(86_400)

    private static let listening: [Setting<Configuration>] = [
        Setting(
            .init(
                "listen", flag: "--listen", from: [.own("SUPERVISOR_LISTEN")],
                "Address to accept connections on: HOST:PORT, [IPV6]:PORT, unix:PATH, or "
                    + "systemd:NAME for a socket that systemd passes (systemd: for all); several are allowed.",
                why: "one address is enough for most", default: "HOST:PORT of the next two"),
            .addresses,
            read: { .addresses($0.listenAddresses) },
            write: { if case .addresses(let value) = $1 { $0.listen = value } }),
        .text(
            \.host, .host,
            .init(
                "host", flag: "--host", from: [.own("SUPERVISOR_HOST")],
                "IP address to listen on, unless `listen` says more.",
                why: "a server without authentication should be seen by nobody else unless somebody asks for it")),
        .integer(
            \.port, 0...65_535,
            .init(
                "port", flag: "--port", from: [.own("PORT")],
                "TCP port to listen on, unless `listen` says more; 0 takes a free one.",
                why: "the port of Cog, so that its clients find it")),
    ]

    private static let general: [Setting<Configuration>] = [
        .text(
            \.stateDirectory, .path,
            .init(
                "state_dir", flag: "--state-dir", from: [.own("SUPERVISOR_STATE_DIR")],
                "Directory for lock and spilled payloads, with a sub-folder named by the first listen address, and for "
                    + "the unpacked Python package; mode 0700.",
                why: "the runtime directory is private to the user and swept at log-out",
                default: "$XDG_RUNTIME_DIR/supervisor, else ${TMPDIR:-/tmp}/supervisor-UID")),
        Setting(
            .init(
                "log_level", flag: "--log-level", from: [.cog("COG_LOG_LEVEL")],
                "Least severe level that is logged.",
                why: "start, stop and every fault, but not every request"),
            .choice(LogLevel.allCases.map(\.rawValue), aliases: ["warn": "warning"]),
            read: { .text($0.logLevel.rawValue) },
            write: { if case .text(let word) = $1, let level = LogLevel(rawValue: word) { $0.logLevel = level } }),
        .optionalText(
            \.readinessFile, .path,
            .init(
                "readiness_file", flag: "--readiness-file", from: [.own("SUPERVISOR_READINESS_FILE")],
                "File that exists while every deployment is ready and the server is not stopping, as `/readyz` says; "
                    + "empty, with its directories made where they are missing.",
                why: "the file that probes of Cog's containers look for",
                default: "\(ReadinessFile.cogPath) where KUBERNETES_SERVICE_HOST is set, else none")),
    ]

    private static let workers: [Setting<Configuration>] = [
        .optionalInteger(
            \.concurrency, concurrencyRange,
            .init(
                "concurrency", flag: "--concurrency", from: [.cog("COG_MAX_CONCURRENCY")],
                "Runs a worker takes at once, for deployments that do not say. More than the worker declares ends the "
                    + "server with exit code 78; a Python model is told and decides.",
                why: "the author of a worker knows how many it can run", default: "what the worker declares")),
        .optionalDuration(
            \.loadTimeout, loadTimeoutRange,
            .init(
                "load_timeout", flag: "--load-timeout", from: [.cog("COG_SETUP_TIMEOUT", .wholeSeconds)],
                "Time a worker has from its start, or from its last report of progress, to readiness, for deployments "
                    + "that do not say; then it is stopped, for good if none was ready before. Without a word of anybody, "
                    + "Python models have no limit, as in Cog.",
                why: "long enough to read tens of gigabytes of weights, short enough to notice a hang")),
        .optionalText(
            \.python, .program,
            .init(
                "python", flag: "--python", from: [.own("SUPERVISOR_PYTHON")],
                "Python that runs models (3.10 or newer), for deployments that do not say: a path, or a name to look up "
                    + "in PATH.",
                why: "a model brings its environment along", default: PythonInterpreter.searchText)),
    ]

    /// The protocol lets no worker declare more.
    static let concurrencyRange = 1...ProtocolLimits.maximumSlots
    static let loadTimeoutRange: ClosedRange<Nanoseconds> = .seconds(1) ... .seconds(86_400)
    static let stopGraceRange: ClosedRange<Nanoseconds> = 0 ... .seconds(3600)
    static let outputRange = 1 << 10...largestPayload
    static let logRange = 0...1 << 30

    private static let limits: [Setting<Configuration>] = [
        .bytes(
            \.limits.requestBody, 1 << 10...largestPayload,
            .init(
                "limits.request_body", flag: "--max-request-body", from: [.own("SUPERVISOR_MAX_REQUEST_BODY")],
                "Largest request body; beyond it, 413.", why: "the limit of Cog")),
        .integer(
            \.limits.connections, 1...manyConnections,
            .init(
                "limits.connections", flag: "--max-connections", from: [.own("SUPERVISOR_MAX_CONNECTIONS")],
                "Client connections open at once; a further one is answered 503 and closed.",
                why: "twenty megabytes at 2 KiB each, and within usual descriptor limits")),
        .integer(
            \.limits.subscribersPerPrediction, 1...manyConnections,
            .init(
                "limits.subscribers_per_prediction", flag: "--max-subscribers-per-prediction",
                from: [.own("SUPERVISOR_MAX_SUBSCRIBERS_PER_PREDICTION")],
                "Event streams open on one prediction; beyond it, 429.", why: "the limit of Cog")),
        .integer(
            \.limits.subscribers, 1...manyConnections,
            .init(
                "limits.subscribers", flag: "--max-subscribers", from: [.own("SUPERVISOR_MAX_SUBSCRIBERS")],
                "Event streams open in all; beyond it, 503.", why: "as many as connections are allowed")),
        .bytes(
            \.limits.frame, 1 << 20...1 << 30,
            .init(
                "limits.frame", flag: "--max-frame", from: [.own("SUPERVISOR_MAX_FRAME")],
                "Largest frame payload on a worker's pipe. A worker that sends more is stopped; an input that is "
                    + "larger and cannot go by file fails its prediction.",
                why: "far above any token and any sensible inline image, far below a machine's memory")),
        .bytes(
            \.limits.inlinePayload, 1 << 12...1 << 30,
            .init(
                "limits.inline_payload", flag: "--max-inline-payload", from: [.own("SUPERVISOR_MAX_INLINE_PAYLOAD")],
                "Largest payload sent through the pipe itself; larger ones go by file, with workers that can. Not "
                    + "above `limits.frame`.",
                why: "one pipe buffer; a longer payload would hold up the tokens behind it")),
        .bytes(
            \.limits.output, outputRange,
            .init(
                "limits.output", flag: "--max-output", from: [.own("SUPERVISOR_MAX_OUTPUT")],
                "Largest final output of a prediction; beyond it the prediction fails.",
                why: "as large as the largest request")),
        .bytes(
            \.limits.logs, logRange,
            .init(
                "limits.logs", flag: "--max-logs", from: [.own("SUPERVISOR_MAX_LOGS")],
                "Log text (as JSON escapes it) kept for a prediction; beyond it a notice takes the place of the "
                    + "rest. `log` events go on.",
                why: "some 40,000 lines: more than anybody reads, little beside a model")),
        .bytes(
            \.limits.appendMetrics, logRange,
            .init(
                "limits.append_metrics", flag: "--max-append-metrics", from: [.own("SUPERVISOR_MAX_APPEND_METRICS")],
                "Bytes of the values of `append` metrics kept for a prediction, and as many of all others; further ones "
                    + "are left out of its document. `metric` events go on.",
                why: "the same as for logs")),
        .integer(
            \.limits.pendingCancellations, 0...1_000_000,
            .init(
                "limits.pending_cancellations", flag: "--max-pending-cancellations",
                from: [.own("SUPERVISOR_MAX_PENDING_CANCELLATIONS")],
                "Cancellations remembered for ids that are not known yet; the oldest leaves first.",
                why: "the limit of Cog; a flood of unknown ids must not cost memory")),
        .duration(
            \.limits.pendingCancellationAge, .seconds(1) ... .seconds(3600),
            .init(
                "limits.pending_cancellation_age", flag: "--pending-cancellation-age",
                from: [.own("SUPERVISOR_PENDING_CANCELLATION_AGE")],
                "How long such a cancellation is remembered.",
                why: "a create that comes a minute after its cancel is a new wish")),
    ]

    private static let history: [Setting<Configuration>] = [
        .integer(
            \.history.events, 0...1_000_000_000,
            .init(
                "history.events", flag: "--history-events", from: [.cog("COG_STREAM_HISTORY_CAPACITY")],
                "Newest events of one prediction, of all kinds but the last, that a late reader may replay; 0 = live "
                    + "only. Memory: events × mean size × predictions running or retained, within `history.bytes` for "
                    + "each and, for those retained, `history.total_bytes`. A reader who comes when older events are "
                    + "gone is told that it missed them; readers who were there from the start miss nothing.",
                why: "the capacity of Cog, some pages of generated text")),
        .bytes(
            \.history.bytes, 0...largeSize,
            .init(
                "history.bytes", flag: "--history-bytes", from: [.own("SUPERVISOR_HISTORY_BYTES")],
                "Bytes of one prediction's events that a late reader may replay.",
                why: "8 KiB for each of 1,024 events")),
        .bytes(
            \.history.totalBytes, 0...largeSize,
            .init(
                "history.total_bytes", flag: "--history-total-bytes", from: [.own("SUPERVISOR_HISTORY_TOTAL_BYTES")],
                "Bytes that finished predictions may hold in all: their documents, inputs and events. Beyond it the "
                    + "oldest is forgotten.",
                why: "64 full histories; a small share of a host that serves models")),
        .duration(
            \.history.retention, 0 ... .seconds(7 * 86_400),
            .init(
                "history.retention", flag: "--retention", from: [.own("SUPERVISOR_RETENTION")],
                "How long a finished prediction can be read and replayed.",
                why: "time enough for a client to come back after a network fault")),
        .integer(
            \.history.retainedPredictions, 0...10_000_000,
            .init(
                "history.retained_predictions", flag: "--retained-predictions",
                from: [.own("SUPERVISOR_RETAINED_PREDICTIONS")],
                "How many finished predictions can be read and replayed.",
                why: "bounds what many tiny predictions cost beside their bytes")),
    ]

    private static let streaming: [Setting<Configuration>] = [
        .optionalDuration(
            \.streaming.heartbeat, .seconds(1) ... .seconds(60),
            .init(
                "streaming.heartbeat", flag: "--heartbeat", from: [.own("SUPERVISOR_HEARTBEAT_MS", .milliseconds)],
                "Silence on an event stream after which a comment line is sent.",
                why: "as Cog; a quarter of the minute after which common proxies cut a silent connection")),
        .duration(
            \.streaming.writeTimeout, .seconds(1) ... .seconds(3600),
            .init(
                "streaming.write_timeout", flag: "--write-timeout", from: [.own("SUPERVISOR_WRITE_TIMEOUT")],
                "How long a client may take nothing of what was written to it, a part of a stream or an answer; then "
                    + "its connection is closed.",
                why: "longer than a change of network takes, shorter than patience with the dead")),
        .integer(
            \.streaming.windowEvents, 1...10_000_000,
            .init(
                "streaming.window_events", flag: "--live-window-events", from: [.own("SUPERVISOR_LIVE_WINDOW_EVENTS")],
                "A reader that is behind by more than `streaming.window_bytes` is kept all the same while it is "
                    + "behind by no more events than this and no more than eight times the bytes.",
                why: "the live channel of Cog")),
        .bytes(
            \.streaming.windowBytes, 1 << 16...largeSize,
            .init(
                "streaming.window_bytes", flag: "--live-window-bytes", from: [.own("SUPERVISOR_LIVE_WINDOW_BYTES")],
                "How far an attached reader may be behind before it loses events, whatever the history is.",
                why: "a burst of 50,000 tokens")),
        .duration(
            \.streaming.patience, 0 ... .seconds(60),
            .init(
                "streaming.patience", flag: "--patience", from: [.own("SUPERVISOR_PATIENCE")],
                "How long a worker's pipe may stay unread, per prediction in all, for a reader that is about to be "
                    + "overrun; 0 = never.",
                why: "saves a reader from a burst and costs a worker one second at most")),
        .duration(
            \.streaming.putDisconnectGrace, 0...longTime,
            .init(
                "streaming.put_disconnect_grace", flag: "--put-disconnect-grace",
                from: [
                    .own("SUPERVISOR_PUT_DISCONNECT_GRACE_MS", .milliseconds),
                    .own("SUPERVISOR_DISCONNECT_GRACE_MS", .milliseconds),
                ],
                "How long a prediction started as a stream by PUT goes on when its last reader has left; then it is "
                    + "canceled.",
                why: "a client that chose the id can come back with it")),
        .duration(
            \.streaming.postDisconnectGrace, 0...longTime,
            .init(
                "streaming.post_disconnect_grace", flag: "--post-disconnect-grace",
                from: [
                    .own("SUPERVISOR_POST_DISCONNECT_GRACE_MS", .milliseconds),
                    .own("SUPERVISOR_DISCONNECT_GRACE_MS", .milliseconds),
                ],
                "How long a prediction started as a stream by POST goes on when its last reader has left; then it is "
                    + "canceled.",
                why: "as Cog: nobody else knows the id, so nobody will come back")),
    ]

    private static let http: [Setting<Configuration>] = [
        .duration(
            \.http.idle, .seconds(1) ... .seconds(3600),
            .init(
                "http.idle_timeout", flag: "--http-idle-timeout", from: [.own("SUPERVISOR_HTTP_IDLE_TIMEOUT")],
                "Silence between two requests after which a connection is closed.",
                why: "longer than the 60 s of common balancers, so that they close first")),
        .duration(
            \.http.head, .seconds(1) ... .seconds(600),
            .init(
                "http.head_timeout", flag: "--http-head-timeout", from: [.own("SUPERVISOR_HTTP_HEAD_TIMEOUT")],
                "Time a client has for a request's head, from its first byte; beyond it, 408.",
                why: "a head is one packet; who needs longer holds a connection on purpose")),
        .duration(
            \.http.body, .seconds(1) ... .seconds(3600),
            .init(
                "http.body_timeout", flag: "--http-body-timeout", from: [.own("SUPERVISOR_HTTP_BODY_TIMEOUT")],
                "Time in which at least 10,000 bytes of a request's body, or its rest, must arrive; else 408.",
                why: "a slow upload makes some progress in that time")),
    ]

    private static let delivery: [Setting<Configuration>] = [
        .duration(
            \.webhooks.interval, 0 ... .seconds(3600),
            .init(
                "webhooks.interval", flag: "--webhook-interval", from: [.cog("COG_THROTTLE_RESPONSE_INTERVAL")],
                "Time between two webhooks of one prediction; what happens meanwhile is told together. The one of its "
                    + "end does not wait. 0 = each event is a webhook of its own.",
                why: "the interval of Cog; each webhook repeats the whole output")),
        Setting(
            .init(
                "upload.url", flag: "--upload-url", from: [.own("SUPERVISOR_UPLOAD_URL")],
                "URL below which output files are put, with PUT; their addresses become the output.",
                why: "only the operator knows a store", default: "files become data URLs in the output"),
            .httpURL,
            read: { $0.upload.url.map(SettingValue.text) ?? .none },
            write: { if case .text(let value) = $1 { $0.upload.url = value } }),
        Setting(
            .init(
                "delivery.agent", flag: "--delivery-agent", from: [.own("SUPERVISOR_DELIVERY_AGENT")],
                "The program that sends webhooks and uploads, in a process of its own that is started when it is first "
                    + "needed.",
                why: "the two programs are built and installed together",
                default: "`supervisor-delivery` beside the running program"),
            .path,
            read: { $0.delivery.agent.map(SettingValue.text) ?? .none },
            write: { if case .text(let value) = $1 { $0.delivery.agent = value } }),
    ]

    private static let shutdown: [Setting<Configuration>] = [
        Setting(
            .init(
                "shutdown.drain_delay", flag: "--drain-delay", from: [.own("SUPERVISOR_DRAIN_DELAY")],
                "How long new predictions are still taken after SIGTERM, while `/readyz` says 503 already.",
                why: "balancers ask every few seconds, and send requests until they have heard",
                default: "5s where other machines can reach an address, else 0s"),
            .duration(0 ... .seconds(600), zeroIsOff: false),
            read: { $0.shutdown.drainDelay.map(SettingValue.duration) ?? .none },
            write: { if case .duration(let value) = $1 { $0.shutdown.drainDelay = value } }),
        .duration(
            \.shutdown.drainTimeout, 0...longTime,
            .init(
                "shutdown.drain_timeout", flag: "--drain-timeout", from: [.own("SUPERVISOR_DRAIN_TIMEOUT")],
                "How long running predictions may take to finish at shutdown; then they are canceled.",
                why: "as long as a finished prediction is kept; a second signal hurries")),
        .duration(
            \.shutdown.deliveryTimeout, 0...longTime,
            .init(
                "shutdown.delivery_timeout", flag: "--delivery-timeout", from: [.own("SUPERVISOR_DELIVERY_TIMEOUT")],
                "How long the end waits for webhooks that are still to be told the ends of their predictions; 0 = not.",
                why: "as long as one webhook may take; a further signal ends the wait")),
        .duration(
            \.shutdown.stopGrace, stopGraceRange,
            .init(
                "shutdown.stop_grace", flag: "--stop-grace", from: [.own("SUPERVISOR_STOP_GRACE")],
                "How long a worker may take to end: half of it after it was asked, half after SIGTERM; then it is "
                    + "killed.",
                why: "the time a container gets from common orchestrators")),
        .boolean(
            \.shutdown.awaitsExplicit,
            .init(
                "shutdown.await_explicit", flag: "--await-explicit-shutdown",
                from: [.own("SUPERVISOR_AWAIT_EXPLICIT_SHUTDOWN")],
                "Ignore SIGTERM, in the server and its workers, so that only SIGINT and `POST /shutdown` end it. The flag "
                    + "alone means true.",
                why: "SIGTERM is how most who run a server end it")),
    ]
}
