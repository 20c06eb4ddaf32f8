import Engine
import EventLoop

/// The open connections, found by id in one step. Places are reused, ids are not.
struct ConnectionTable {
    private var places: [ClientConnection?] = []
    private var generations: [UInt32] = []
    private var free: [Int] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var all: [ClientConnection] { places.compactMap { $0 } }

    /// The id that the next connection gets.
    private mutating func nextID() -> ConnectionID {
        let place: Int
        if let reused = free.popLast() {
            place = reused
        } else {
            place = places.count
            places.append(nil)
            generations.append(0)
        }
        generations[place] &+= 1
        return ConnectionID(rawValue: UInt64(generations[place]) << 32 | UInt64(place))
    }

    /// Enters the connection that `make` creates for its id.
    mutating func insert(
        _ descriptor: consuming FileDescriptor, make: (ConnectionID, consuming FileDescriptor) -> ClientConnection
    ) -> ClientConnection {
        let id = nextID()
        let connection = make(id, descriptor)
        places[place(of: id)] = connection
        count += 1
        return connection
    }

    mutating func remove(_ id: ConnectionID) {
        guard self[id] != nil else { return }
        places[place(of: id)] = nil
        free.append(place(of: id))
        count -= 1
    }

    @inline(__always)
    subscript(_ id: ConnectionID) -> ClientConnection? {
        let place = place(of: id)
        guard place < places.count, generations[place] == UInt32(truncatingIfNeeded: id.rawValue >> 32) else {
            return nil
        }
        return places[place]
    }

    @inline(__always)
    private func place(of id: ConnectionID) -> Int { Int(id.rawValue & 0xFFFF_FFFF) }
}
