import Glibc
import Synchronization

/// The only door into a loop for other threads: closures that the loop runs on its own thread, in the order of posting.
package final class Mailbox: Sendable {
    typealias Letter = @Sendable () -> Void

    private let letters = Mutex<[Letter]>([])
    private let thread = Atomic<UInt>(0)
    /// Rings when letters wait.
    let bell: WakeUp

    init() throws(SystemError) {
        bell = try WakeUp()
    }

    /// Has `letter` run in the loop's next turn (in the turn after, if posted while the mail is being delivered). From
    /// any thread, the loop's included. Letters that a stopped loop never comes to are dropped with it.
    package func post(_ letter: @escaping @Sendable () -> Void) {
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        // Later letters find the bell rung: the loop takes all at once.
        if isFirst { bell.ring() }
    }

    /// Whether the caller runs on the thread that the loop runs on (or was made on, as long as it has not run).
    package var isOnLoopThread: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// The calling thread is the loop's from now on.
    func claimThread() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
    }

    /// Takes all letters into `tray`, which must be empty and whose memory is used for the next ones.
    func empty(into tray: inout [Letter]) {
        letters.withLock { swap(&$0, &tray) }
    }
}
