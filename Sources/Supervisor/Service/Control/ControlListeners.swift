import API
import EventLoop

/// Where operators reach the server, and what those who come over the network must show.
package struct ControlListeners {
    let socket: Listener
    let admin: [Listener]
    let token: AdminToken?

    var all: [(listener: Listener, realm: Realm)] {
        [(socket, .control)] + admin.map { ($0, .admin) }
    }
}
