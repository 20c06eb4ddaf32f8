/// Receives the events of one registered descriptor, on the loop's thread.
package protocol EventHandler: AnyObject {
    /// The descriptor is ready. May register, modify and deregister any descriptor, its own included: an event that
    /// still waits in the same batch for a deregistered one is dropped.
    func ready(_ readiness: Readiness)
}
