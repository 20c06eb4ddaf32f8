/// Names an element of a `Slab`; when the element is gone, the handle finds nothing, also after its place was reused.
package struct SlabHandle: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32

    /// Both numbers in one, for owners that need an integer.
    package var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(index) }
}

/// Elements that never move and are never copied, found by handle in one step. Places are reused.
package struct Slab<Element: ~Copyable>: ~Copyable {
    private static var initialCapacity: Int { 8 }

    private var places: UnsafeMutablePointer<Element>
    /// Odd generations are occupied ones, so one number says both.
    private var generations: [UInt32] = []
    private var free: [UInt32] = []
    private var capacity: Int
    package private(set) var count = 0

    package init() {
        capacity = Slab.initialCapacity
        places = .allocate(capacity: capacity)
    }

    deinit {
        for (index, generation) in generations.enumerated() where generation & 1 == 1 {
            (places + index).deinitialize(count: 1)
        }
        places.deallocate()
    }

    package mutating func insert(_ element: consuming Element) -> SlabHandle {
        let index: UInt32
        if let reused = free.popLast() {
            index = reused
        } else {
            index = UInt32(generations.count)
            if generations.count == capacity { grow() }
            generations.append(0)
        }
        generations[Int(index)] &+= 1
        (places + Int(index)).initialize(to: element)
        count += 1
        return SlabHandle(index: index, generation: generations[Int(index)])
    }

    package mutating func remove(_ handle: SlabHandle) -> Element {
        precondition(contains(handle), "only an element that is there can be removed")
        generations[Int(handle.index)] &+= 1
        free.append(handle.index)
        count -= 1
        return (places + Int(handle.index)).move()
    }

    @inline(__always)
    package func contains(_ handle: SlabHandle) -> Bool {
        Int(handle.index) < generations.count && generations[Int(handle.index)] == handle.generation
    }

    /// The element, which must be there.
    @inline(__always)
    package subscript(_ handle: SlabHandle) -> Element {
        unsafeAddress { address(handle) }
        unsafeMutableAddress { mutableAddress(handle) }
    }

    /// Where the element stands, for a subscript that is built on this one.
    @inline(__always)
    func address(_ handle: SlabHandle) -> UnsafePointer<Element> {
        UnsafePointer(pointer(handle))
    }

    @inline(__always)
    mutating func mutableAddress(_ handle: SlabHandle) -> UnsafeMutablePointer<Element> {
        pointer(handle)
    }

    @inline(__always)
    private func pointer(_ handle: SlabHandle) -> UnsafeMutablePointer<Element> {
        precondition(contains(handle), "the handle's element is gone")
        return places + Int(handle.index)
    }

    /// The handles of all elements, in the order of their places.
    package var handles: [SlabHandle] {
        generations.enumerated().compactMap { index, generation in
            generation & 1 == 1 ? SlabHandle(index: UInt32(index), generation: generation) : nil
        }
    }

    private mutating func grow() {
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        moved.moveInitialize(from: places, count: generations.count)
        places.deallocate()
        places = moved
        capacity *= 2
    }
}
