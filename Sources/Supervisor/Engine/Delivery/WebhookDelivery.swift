/// What of one prediction still has to be told to its webhook: one notice at a time, in order, the last one certain to be
/// tried.
///
/// A notice carries the whole state, so what is told late needs to be told once: events between two notices only mark
/// that there is something new, and the body is made when it is about to be sent. With an interval of 0 each event is a
/// notice of its own, whose body is made at once.
struct WebhookDelivery {
    /// What is to be done now.
    enum Step: Equatable {
        case none
        /// Ask again at this time (nanoseconds).
        case wait(until: UInt64)
        /// Put it in the line of those that send.
        case send
        /// Everything was told, or given up.
        case finished
    }

    /// What to send.
    enum Body: Equatable {
        case made([UInt8])
        /// The state as it is now.
        case current
    }

    /// What became of a notice, where somebody should know.
    enum Verdict: Equatable {
        case delivered
        /// An intermediate one failed, for the first time; there is a next one.
        case missed(String)
        case willRetry(String)
        case gaveUp(String)
    }

    /// Cog's number of retries of the last notice, and its delays: 0.2, 0.4, 0.8 … 102.4, 102.4, 102.4 s.
    static let maximumRetries = 12
    private static let retryUnit: UInt64 = 100_000_000
    private static let largestExponent = 10
    /// Answers after which another try may do better.
    private static let retriedStatuses: Set<Int> = [429, 500, 502, 503, 504]
    /// Bytes of notices made in advance that wait for a slow receiver; beyond it the newest takes the place of the one
    /// before: some hundred large snapshots, a small share of a host that serves models.
    static let madeLimit = 64 << 20

    let webhook: Webhook
    private let interval: UInt64

    /// There is something new since the last body was made.
    private var isChanged = false
    private var made: [[UInt8]] = []
    private var madeBytes = 0
    private var hasEnded = false
    /// The last notice was not delivered yet.
    private var owesLast = false
    private var isUnderWay = false
    private var isLastUnderWay = false
    private var isQueued = false
    private var lastSent: UInt64?
    private var tries = 0
    private var retryAt: UInt64 = 0
    private var hasMissed = false

    init(_ webhook: Webhook, interval: UInt64) {
        self.webhook = webhook
        self.interval = interval
    }

    // MARK: What happens

    /// Whether `happened` wants the body of the moment.
    var wantsEachBody: Bool { interval == 0 }

    /// Something happened that the client may want to hear of; `body` where `wantsEachBody`. Answers whether it does,
    /// and has not been told to wait for it already.
    mutating func happened(_ event: WebhookEvents, body: [UInt8]? = nil) -> Bool {
        guard !hasEnded, webhook.events.contains(event) else { return false }
        if let body {
            keep(body)
            return true
        }
        defer { isChanged = true }
        return !isChanged
    }

    private mutating func keep(_ body: [UInt8]) {
        if !made.isEmpty, madeBytes + body.count > Self.madeLimit { madeBytes -= made.removeLast().count }
        made.append(body)
        madeBytes += body.count
    }

    /// The state before the end has to be told, since the end is not: `ended` wants it.
    var wantsStateBeforeEnd: Bool { isChanged && !webhook.events.contains(.completed) }

    /// The prediction has ended. Nothing intermediate is told after that, save what was made already.
    mutating func ended(stateBefore: [UInt8]?) {
        hasEnded = true
        isChanged = false
        if let stateBefore { keep(stateBefore) }
        owesLast = webhook.events.contains(.completed)
    }

    // MARK: What is to be done

    mutating func next(now: UInt64) -> Step {
        if isUnderWay || isQueued { return .none }
        if !made.isEmpty { return queue() }
        if owesLast { return now >= retryAt ? queue() : .wait(until: retryAt) }
        if hasEnded { return .finished }
        guard isChanged else { return .none }
        let due = lastSent.map { $0 + interval } ?? now
        return now >= due ? queue() : .wait(until: due)
    }

    private mutating func queue() -> Step {
        isQueued = true
        return .send
    }

    /// Its turn in the line has come: what is sent is what is newest now.
    mutating func begin(now: UInt64) -> Body {
        precondition(isQueued && !isUnderWay, "one notice at a time, and only after it was asked for")
        isQueued = false
        isUnderWay = true
        lastSent = now
        if !made.isEmpty {
            let body = made.removeFirst()
            madeBytes -= body.count
            return .made(body)
        }
        if owesLast {
            isLastUnderWay = true
            tries += 1
        }
        isChanged = false
        return .current
    }

    mutating func settled(_ result: DeliveryResult, now: UInt64) -> Verdict {
        isUnderWay = false
        let failure: String?
        let mayRetry: Bool
        switch result {
        case .answered(let answer):
            failure = answer.isSuccess ? nil : "answered with status \(answer.status)"
            mayRetry = Self.retriedStatuses.contains(answer.status)
        case .unreachable(let reason), .agentLost(let reason):
            failure = reason
            mayRetry = true
        }
        guard isLastUnderWay else {
            guard let failure, !hasMissed else { return .delivered }
            hasMissed = true
            return .missed(failure)
        }
        isLastUnderWay = false
        guard let failure else {
            owesLast = false
            return .delivered
        }
        guard mayRetry, tries <= Self.maximumRetries else {
            owesLast = false
            return .gaveUp(failure)
        }
        retryAt = now + Self.delay(beforeRetry: tries)
        return .willRetry(failure)
    }

    /// Nanoseconds before the retry of that number, the first being 1.
    static func delay(beforeRetry number: Int) -> UInt64 {
        retryUnit << UInt64(min(number, largestExponent))
    }
}
