import Engine

/// How connections end when the server does: those of clients first, those of operators with the process.
extension Server {
    /// Every answer is the last on its connection.
    func endKeepAlive() {
        isKeepingAlive = false
        for connection in connections.all where connection.realm == .public { connection.endKeepAlive() }
    }

    /// No more clients; those that are there get what is queued for them, and go one after the other.
    func closeConnections(within time: UInt64) {
        for listener in listeners {
            // Who has come before the door was closed gets an answer.
            listener.acceptWaiting()
            listener.close()
        }
        listeners = []
        closing = loop.schedule(after: time) { [unowned self] in
            for connection in connections.all where connection.realm == .public { connection.close() }
            connectionsAreClosed()
        }
        var spread = DepartureSpread(clients: clientCount)
        for connection in connections.all where connection.realm == .public {
            let (id, delay) = (connection.id, spread.next())
            if delay == 0 {
                connection.drainBegan()
            } else {
                loop.schedule(after: delay) { [unowned self] in connections[id]?.drainBegan() }
            }
        }
        if clientCount == 0 { connectionsAreClosed() }
    }

    func connectionsAreClosed() {
        guard let closing else { return }
        loop.cancel(closing)
        self.closing = nil
        engineHandle(.connectionsClosed)
    }

    /// The engine is done: no more clients, and those that are there get what is queued for them, within bounds.
    func end(_ code: Int32) {
        exitCode = code
        delivery?.end()
        for listener in listeners { listener.close() }
        listeners = []
        for (listener, _) in controlListeners.all { listener.close() }
        endFeeds()
        for connection in connections.all { connection.drainBegan() }
        loop.schedule(after: Server.flushPatience) { [unowned self] in loop.stop() }
    }
}
