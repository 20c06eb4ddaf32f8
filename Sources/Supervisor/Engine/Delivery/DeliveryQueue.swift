import WireProtocol

/// An upload that a run waits for.
struct PendingUpload {
    let worker: WorkerID
    let slot: UInt16
    let run: UInt64
    let request: UploadRequest
    let prediction: PredictionID
    /// How often the process that should send it ended before it had.
    var losses = 0
}

/// Outgoing requests: those that wait for their turn and those that are under way.
struct DeliveryQueue {
    enum Purpose {
        case webhook(PredictionKey)
        case upload(PendingUpload)
    }

    /// Requests at once: what the delivery process declares. More sockets would help nobody, since each prediction has
    /// one notice under way at most.
    static let concurrency = 32
    /// Of one kind at once: receivers of one kind that hang for all of their time-outs leave places for the other.
    static let concurrencyOfKind = 24

    private var webhooks = WaitingLine<PredictionKey>()
    private var uploads = WaitingLine<PendingUpload>()
    private var underWay: [DeliveryID: Purpose] = [:]
    private var webhooksUnderWay = 0
    private var nextID: UInt64 = 1
    /// Finished predictions with a notice to come, in the order of their ends.
    private var held: [(key: PredictionKey, bytes: Int)] = []
    private(set) var heldBytes = 0

    mutating func append(webhook key: PredictionKey) { webhooks.append(key) }
    mutating func append(upload: PendingUpload) { uploads.append(upload) }

    /// The next that may go; uploads first, since runs wait for them.
    mutating func next() -> Purpose? {
        guard underWay.count < Self.concurrency else { return nil }
        if underWay.count - webhooksUnderWay < Self.concurrencyOfKind, let upload = uploads.popFirst() {
            return .upload(upload)
        }
        if webhooksUnderWay < Self.concurrencyOfKind, let key = webhooks.popFirst() { return .webhook(key) }
        return nil
    }

    mutating func began(_ purpose: Purpose) -> DeliveryID {
        let id = DeliveryID(rawValue: nextID)
        nextID += 1
        if case .webhook = purpose { webhooksUnderWay += 1 }
        underWay[id] = purpose
        return id
    }

    /// Nil: it is not known (any more).
    mutating func settled(_ id: DeliveryID) -> Purpose? {
        guard let purpose = underWay.removeValue(forKey: id) else { return nil }
        if case .webhook = purpose { webhooksUnderWay -= 1 }
        return purpose
    }

    /// The run in the slot waits for a file of it to be uploaded.
    func isUploading(for slot: Slot) -> Bool {
        uploads.contains { $0.worker == slot.worker && $0.slot == slot.number }
            || underWay.values.contains {
                if case .upload(let upload) = $0 {
                    upload.worker == slot.worker && upload.slot == slot.number
                } else {
                    false
                }
            }
    }

    // MARK: Memory

    /// A finished prediction is kept for its notice. Answers those that have to be given up for it, oldest first.
    mutating func hold(_ key: PredictionKey, bytes: Int, limit: Int) -> [PredictionKey] {
        held.append((key, bytes))
        heldBytes += bytes
        var dropped: [PredictionKey] = []
        while heldBytes > limit, held.count > 1 {
            let oldest = held.removeFirst()
            heldBytes -= oldest.bytes
            dropped.append(oldest.key)
        }
        return dropped
    }

    mutating func release(_ key: PredictionKey) {
        guard let place = held.firstIndex(where: { $0.key == key }) else { return }
        heldBytes -= held.remove(at: place).bytes
    }
}

/// First come, first served; taking the first costs nothing.
struct WaitingLine<Element> {
    private var elements: [Element] = []
    private var first = 0

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    func contains(where isMatch: (Element) -> Bool) -> Bool { elements[first...].contains(where: isMatch) }

    mutating func popFirst() -> Element? {
        guard first < elements.count else { return nil }
        defer {
            first += 1
            // Half of it is past: moving the rest is paid for by those that went.
            if first * 2 >= elements.count {
                elements.removeFirst(first)
                first = 0
            }
        }
        return elements[first]
    }
}
