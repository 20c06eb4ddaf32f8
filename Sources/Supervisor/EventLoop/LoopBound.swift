/// Carries a value that belongs to a loop's thread through a `Sendable` closure, so that a letter for the loop's
/// mailbox can name it.
///
/// Unchecked, and safe because the value is only handed out on the loop's thread: elsewhere the access stops the
/// program. What remains to the caller: the last reference to the value should not be dropped on another thread, since
/// its `deinit` would run there.
package struct LoopBound<Value>: @unchecked Sendable {
    private let stored: Value
    private let mailbox: Mailbox

    package init(_ value: Value, on loop: Loop) {
        stored = value
        mailbox = loop.mailbox
    }

    /// The value. On the loop's thread only.
    package var value: Value {
        precondition(mailbox.isOnLoopThread, "a value that belongs to a loop was touched on another thread")
        return stored
    }
}
