import Glibc

/// The process that this code runs in.
package enum OwnProcess {
    package static var id: Int32 { getpid() }
}
