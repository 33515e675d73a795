/// A bounded table of records that come and go, each place with a generation, so that a message or
/// a completion that comes too late is told from one that is expected.
struct SlotPool<Element: BitwiseCopyable>: ~Copyable {
    private var elements: FixedArray<Element>
    private var generations: FixedArray<UInt32>
    private var free: FixedArray<Int32>
    private(set) var freeCount: Int
    private let blank: Element

    init(repeating blank: Element, count: Int) {
        self.blank = blank
        elements = FixedArray(repeating: blank, count: count)
        generations = FixedArray(repeating: 0, count: count)
        free = FixedArray(repeating: 0, count: count)
        freeCount = count
        for index in 0..<count { free[index] = Int32(count - 1 - index) }
    }

    var capacity: Int { elements.count }
    var usedCount: Int { elements.count - freeCount }

    /// A free place holding `value`, or `nil` when all are taken.
    @inline(__always)
    mutating func take(_ value: Element) -> Int32? {
        guard freeCount > 0 else { return nil }
        freeCount &-= 1
        let index = free[freeCount]
        elements[Int(index)] = value
        return index
    }

    /// Gives a place back; its generation grows.
    @inline(__always)
    mutating func give(_ index: Int32) {
        elements[Int(index)] = blank
        generations[Int(index)] &+= 1
        free[freeCount] = index
        freeCount &+= 1
    }

    @inline(__always)
    func generation(_ index: Int32) -> UInt32 { generations[Int(index)] }

    subscript(index: Int32) -> Element {
        @inline(__always) get { elements[Int(index)] }
        @inline(__always) set { elements[Int(index)] = newValue }
    }

    /// Changes a record in place.
    @inline(__always)
    mutating func update(_ index: Int32, _ body: (inout Element) -> Void) {
        body(&elements[Int(index)])
    }
}

/// A bounded first-in first-out queue of places; each place is in it at most once (its owner keeps
/// a flag), so it cannot overflow.
struct IndexQueue: ~Copyable {
    private var places: FixedArray<Int32>
    private var head = 0
    private(set) var count = 0

    init(capacity: Int) { places = FixedArray(repeating: 0, count: capacity) }

    @inline(__always)
    mutating func push(_ place: Int32) {
        ensure(count < places.count, "index queue full")
        var position = head &+ count
        if position >= places.count { position &-= places.count }
        places[position] = place
        count &+= 1
    }

    @inline(__always)
    mutating func pop() -> Int32? {
        guard count > 0 else { return nil }
        let place = places[head]
        head &+= 1
        if head == places.count { head = 0 }
        count &-= 1
        return place
    }
}
