import EventLoop
import Glibc
import Testing

@Suite struct SignalSourceTests {
    @Test func signalsBecomeEvents() throws {
        let loop = try Loop()
        var received: [ProcessSignal] = []
        let source = try SignalSource(on: loop, for: [.user1, .user2], received: { received.append($0) })
        // To this thread only: other tests run beside it.
        pthread_kill(pthread_self(), ProcessSignal.user2.number)
        #expect(try loop.turns { received.count == 1 })
        pthread_kill(pthread_self(), ProcessSignal.user1.number)
        #expect(try loop.turns { received.count == 2 })
        #expect(received == [.user2, .user1])
        #expect(received.map(\.description) == ["SIGUSR2", "SIGUSR1"])
        source.close()
        #expect(loop.registrationCount == 0)

        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        sigaddset(&signals, SIGUSR2)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
