import EventLoop
import Glibc
import Testing

@Suite struct LoopTests {
    @Test func aTurnGoesFromEventsOverTimersAndMailToItsEnd() throws {
        let loop = try Loop()
        let pipe = try Pipe()
        let log = Log()
        _ = writeAll("x", to: pipe.writing.raw)
        let handler = ClosureHandler { _ in log.add("event") }
        let registration = try loop.register(pipe.reading.raw, .readable, handler: handler)
        loop.schedule(at: 0) { log.add("timer") }
        let bound = LoopBound(log, on: loop)
        loop.mailbox.post { bound.value.add("mail") }
        loop.endOfTurn = { log.add("end") }
        try loop.turn(waitingAtMost: testPatience)
        #expect(log.lines == ["event", "timer", "mail", "end"])
        loop.deregister(registration)
    }

    @Test func levelTriggeredRepeatsEdgeTriggeredDoesNot() throws {
        let loop = try Loop()
        let pipe = try Pipe()
        _ = writeAll("x", to: pipe.writing.raw)
        var calls = 0
        let registration = try loop.register(pipe.reading.raw, .readable, handler: ClosureHandler { _ in calls += 1 })
        for _ in 0..<3 { try loop.turn(waitingAtMost: 0) }
        #expect(calls == 3)
        try loop.modify(registration, [.readable, .edgeTriggered])
        for _ in 0..<3 { try loop.turn(waitingAtMost: 0) }
        #expect(calls == 4)
        _ = writeAll("y", to: pipe.writing.raw)
        for _ in 0..<3 { try loop.turn(waitingAtMost: 0) }
        #expect(calls == 5)
        loop.deregister(registration)
    }

    @Test func aPausedDescriptorIsSilentEvenWhenItsPeerHasGone() throws {
        let loop = try Loop()
        let ends = try Pipe().split()
        let reading = FileDescriptor(adopting: ends.reading)
        var heard: [Readiness] = []
        let registration = try loop.register(reading.raw, [], handler: ClosureHandler { heard.append($0) })
        close(ends.writing)
        try loop.turn(waitingAtMost: 0)
        #expect(heard.isEmpty)
        try loop.modify(registration, .readable)
        try loop.turn(waitingAtMost: testPatience)
        #expect(heard == [.hangUp])
        try loop.modify(registration, [])
        try loop.turn(waitingAtMost: 0)
        #expect(heard.count == 1)
        loop.deregister(registration)
    }

    @Test func aRegularFileCannotBeWaitedFor() throws {
        let loop = try Loop()
        let directory = TemporaryDirectory()
        let file = FileDescriptor(adopting: open(directory.file("file", "x"), O_RDONLY | O_CLOEXEC))
        #expect(throws: SystemError("epoll_ctl", EPERM)) {
            try loop.register(file.raw, .readable, handler: ClosureHandler { _ in })
        }
        #expect(loop.registrationCount == 0)
    }

    /// Two descriptors are ready in one batch. Whichever is handled first ends the other and puts a new pipe with the
    /// same number and the same slot in its place: the event that still waits must reach nobody.
    @Test func anEventOfAnEndedRegistrationReachesNobody() throws {
        let loop = try Loop()
        let log = Log()
        var pipes = [try Pipe().split(), try Pipe().split()]
        var registrations: [Registration] = []
        for index in 0..<2 {
            let handler = ClosureHandler { _ in
                log.add("first")
                let other = 1 - index
                loop.deregister(registrations[other])
                // At once, so that no other test can get the number in between.
                let fresh = try! Pipe().split()
                #expect(dup2(fresh.reading, pipes[other].reading) == pipes[other].reading)
                close(fresh.reading)
                close(pipes[other].writing)
                pipes[other].writing = fresh.writing
                registrations[other] = try! loop.register(
                    pipes[other].reading, .readable, handler: ClosureHandler { _ in log.add("fresh") })
                loop.deregister(registrations[index])
            }
            registrations.append(try loop.register(pipes[index].reading, .readable, handler: handler))
            #expect(write(pipes[index].writing, "x", 1) == 1)
        }
        let count = try loop.turn(waitingAtMost: testPatience)
        #expect(count == 2)
        #expect(log.lines == ["first"])
        for pipe in pipes { _ = write(pipe.writing, "y", 1) }
        try loop.turn(waitingAtMost: testPatience)
        #expect(log.lines == ["first", "fresh"])
        for registration in registrations { loop.deregister(registration) }
        #expect(loop.registrationCount == 0)
        for pipe in pipes {
            close(pipe.reading)
            close(pipe.writing)
        }
    }

    @Test func timersFireOnceInOrderUnlessCancelled() throws {
        let loop = try Loop()
        let log = Log()
        let start = loop.now
        loop.schedule(after: 2 * TimeSpan.millisecond) { log.add("second") }
        let cancelled = loop.schedule(after: TimeSpan.millisecond) { log.add("cancelled") }
        let moved = loop.schedule(at: 0) { log.add("moved") }
        loop.schedule(after: TimeSpan.millisecond) {
            log.add("first")
            loop.cancel(cancelled)
        }
        loop.cancel(cancelled)
        #expect(loop.reschedule(moved, at: start + 3 * TimeSpan.millisecond))
        #expect(try loop.turns { log.lines.count == 3 })
        #expect(log.lines == ["first", "second", "moved"])
        #expect(loop.now >= start + 3 * TimeSpan.millisecond)
        #expect(!loop.reschedule(moved, at: 0))
    }

    @Test func aTimerThatSetsItselfAgainDoesNotKeepTheTurnFromEnding() throws {
        let loop = try Loop()
        var fired = 0
        func again() {
            fired += 1
            loop.schedule(at: 0) { again() }
        }
        again()
        for _ in 0..<3 { try loop.turn(waitingAtMost: testPatience) }
        #expect(fired == 4)
    }

    @Test func stopEndsTheRunAfterTheTurn() throws {
        let loop = try Loop()
        let queue = try BackgroundQueue(on: loop)
        let log = Log()
        loop.endOfTurn = { log.add("end") }
        queue.run(
            { 42 },
            deliver: { number in
                log.add("\(number)")
                loop.stop()
            })
        loop.schedule(after: testPatience) { loop.stop() }
        try loop.run()
        #expect(log.lines.suffix(2) == ["42", "end"])
        #expect(queue.waitingCount == 0)
        // Asked to stop before it runs, it does not turn at all.
        loop.stop()
        try loop.run()
        #expect(log.lines.suffix(2) == ["42", "end"])
    }
}

/// What happened, in order.
final class Log {
    private(set) var lines: [String] = []

    func add(_ line: String) {
        lines.append(line)
    }
}
