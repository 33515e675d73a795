/// Chunks of fixed sizes cut from the arena's pages, each with an owner.
///
/// ```
/// page of a small class    [chunk 0][chunk 1] ... [gap][owner of n-1] ... one 4-byte owner a slot
/// page of a large class    [chunk 0] ... [chunk n-1]     owners in a table beside, 2 KiB a page
///
/// owner   an entry's id (below 2^31) while the chunk is in use;
///         2^31 + next free slot while it is free: the free list needs no memory of its own
/// ```
///
/// The owner makes every chunk movable: the rebalancer walks a page, moves each chunk, and tells
/// its owner. Pages of a class are kept in 16 lists by fullness, and chunks come from the fullest
/// page that has room, so that sparse pages run empty by themselves.
///
/// - Invariant: a page is unused, active (in the list of its fullness) or draining (in no list: it
///   gives no chunks, and goes back to the arena with its last one).
@safe
package struct Slab: ~Copyable {
    private let addressOnly = AddressOnly()
    package var arena: Arena
    package let classes: SizeClasses
    var pages: FixedArray<SlabPage>
    /// Owners of the chunks of large classes: `ownersPerPage` for each page.
    private var largeOwners: ReservedTable<UInt32>
    /// First page of each fullness list; `SlabPage.none`: empty.
    var lists: FixedArray<UInt32>
    /// Bit `b`: list `b` of the class has a page.
    private var listMask: FixedArray<UInt32>
    var classStates: FixedArray<SlabClassLists>
    /// Pages taken from the arena so far: the clock by which classes become idle.
    private var pagesTaken: UInt32 = 0
    /// Classes with a page's worth of free chunks or more.
    private var movableClasses = 0

    /// 16 lists of partly used pages, and one of full ones.
    static var listsPerClass: Int { 17 }
    static var fullList: Int { 16 }
    private static var ownersPerPage: Int { 512 }
    private static var freeMark: UInt32 { 1 << 31 }

    package init(bytes: Int, node: Int?) throws(AddressRange.Failure) {
        let arena = try Arena(bytes: bytes, node: node)
        let pagesMax = arena.pagesMax
        let owners = try ReservedTable<UInt32>(
            capacity: pagesMax * Self.ownersPerPage, node: node)
        self.arena = arena
        largeOwners = owners
        classes = SizeClasses()
        pages = FixedArray(repeating: SlabPage(), count: pagesMax)
        lists = FixedArray(
            repeating: SlabPage.none, count: classes.count * Self.listsPerClass)
        listMask = FixedArray(repeating: 0, count: classes.count)
        classStates = FixedArray(repeating: SlabClassLists(), count: classes.count)
    }

    /// Heap bytes for `pages` pages, for the budget.
    package static func overheadBytes(pages: Int) -> Int {
        Arena.overheadBytes(pages: pages) + SizeClasses.overheadBytes
            + pages * MemoryLayout<SlabPage>.stride
            + SizeClasses.countMax * (4 * listsPerClass + MemoryLayout<SlabClassLists>.stride + 4)
    }

    /// Bytes committed for owners beside the pages.
    package var ownerTableBytes: Int { largeOwners.committedBytes }

    // MARK: Chunks

    /// A chunk of the class from a page that has one; nil: give the class a page first.
    package mutating func allocate(_ index: Int, owner: UInt32) -> ChunkHandle? {
        let partial = listMask[index] & 0xFFFF
        guard partial != 0 else { return nil }
        let list = 31 - partial.leadingZeroBitCount
        let page = Int(lists[index * Self.listsPerClass + list])
        let slot: Int
        if pages[page].freeHead != SlabPage.noSlot {
            slot = Int(pages[page].freeHead)
            let next = readOwner(page, slot) & ~Self.freeMark
            pages[page].freeHead = UInt16(truncatingIfNeeded: next)
        } else {
            slot = Int(pages[page].fresh)
            pages[page].fresh += 1
        }
        writeOwner(page, slot, owner)
        pages[page].live += 1
        classStates[index].liveChunks += 1
        addFree(index, -1)
        classStates[index].lastUsed = pagesTaken
        relist(page)
        return ChunkHandle(page: page, slot: slot)
    }

    /// Frees a chunk; an emptied page goes to the arena's free reserve.
    package mutating func free(_ handle: ChunkHandle) {
        let page = handle.page
        let slot = handle.slot
        ensure(readOwner(page, slot) & Self.freeMark == 0, "chunk freed twice")
        let index = Int(pages[page].sizeClass)
        writeOwner(page, slot, Self.freeMark | UInt32(pages[page].freeHead))
        pages[page].freeHead = UInt16(slot)
        pages[page].live -= 1
        classStates[index].liveChunks -= 1
        if pages[page].state == .active {
            addFree(index, 1)
            if pages[page].live > 0 {
                relist(page)
                return
            }
            unlist(page)
            addFree(index, -Int(pages[page].slots))
        } else if pages[page].live > 0 {
            return
        }
        classStates[index].pages -= 1
        pages[page].state = .unused
        arena.put(page)
    }

    // SAFETY: a chunk is a disjoint part of its page; whoever owns the chunk is its only user.
    /// All bytes of a chunk in use.
    @inline(__always)
    package func bytes(_ handle: ChunkHandle) -> MutableBytes {
        let page = handle.page
        let size = Int(pages[page].chunkBytes)
        ensure(handle.slot < Int(pages[page].fresh), "chunk handle")
        return unsafe MutableBytes(arena.address(of: page) + handle.slot &* size, count: size)
    }

    // SAFETY: a hint; nothing is read.
    /// Asks the processor to load the owner of a chunk: what `free` touches first.
    @inline(__always)
    package func prefetchOwner(_ handle: ChunkHandle) {
        let page = handle.page
        guard Int(pages[page].chunkBytes) < SizeClasses.unit else { return }
        let end = unsafe arena.address(of: page) + Arena.pageBytes
        unsafe AddressRange.prefetch(end + (handle.slot &- Int(pages[page].slots)) &* 4)
    }

    // SAFETY: a hint; the address is inside the arena.
    /// Asks the processor to load the chunk's first two cache lines.
    @inline(__always)
    package func prefetch(_ handle: ChunkHandle) {
        let size = Int(pages[handle.page].chunkBytes)
        let address = unsafe arena.address(of: handle.page) + handle.slot &* size
        unsafe AddressRange.prefetch(address)
        unsafe AddressRange.prefetch(address + 64)
    }

    /// Bytes of the chunk.
    @inline(__always)
    package func size(_ handle: ChunkHandle) -> Int { Int(pages[handle.page].chunkBytes) }

    /// Whose chunk it is.
    package func owner(_ handle: ChunkHandle) -> UInt32 { readOwner(handle.page, handle.slot) }

    /// Passes a chunk in use to another owner (its entry's record has moved).
    package mutating func setOwner(_ handle: ChunkHandle, _ owner: UInt32) {
        ensure(self.owner(handle) & Self.freeMark == 0, "owner of a free chunk")
        writeOwner(handle.page, handle.slot, owner)
    }

    // MARK: Pages

    /// Whether nothing was allocated from the class while others took several pages.
    package func isIdle(_ index: Int) -> Bool {
        pagesTaken &- classStates[index].lastUsed >= Rebalancer.idlePages
    }

    /// Whether some class has so many free chunks that a page of it can be moved into them.
    package var hasMovablePage: Bool { movableClasses > 0 }

    /// Counts free chunks of a class, and the classes with a page's worth of them.
    @inline(__always)
    private mutating func addFree(_ index: Int, _ count: Int) {
        let perPage = classes.slotsPerPage(index)
        let before = classStates[index].freeSlots
        classStates[index].freeSlots = before &+ count
        movableClasses &+=
            (before &+ count >= perPage ? 1 : 0) &- (before >= perPage ? 1 : 0)
    }

    /// Takes a page for the class from the arena; false: the budget or the arena is exhausted.
    package mutating func addPage(_ index: Int, _ budget: inout MemoryBudget) -> Bool {
        guard let page = arena.take(&budget) else { return false }
        if index >= classes.smallCount {
            while largeOwners.count < (page + 1) * Self.ownersPerPage {
                if !largeOwners.grow(&budget) {
                    arena.put(page)
                    return false
                }
            }
        }
        pagesTaken &+= 1
        pages[page].start(
            sizeClass: index, chunkBytes: classes.chunkBytes(index),
            slots: classes.slotsPerPage(index))
        classStates[index].pages += 1
        addFree(index, classes.slotsPerPage(index))
        enlist(page)
        return true
    }

    /// Takes a page out of allocation, to be emptied chunk by chunk.
    package mutating func beginDrain(_ page: Int) {
        ensure(pages[page].state == .active, "draining a page that is not active")
        unlist(page)
        pages[page].state = .draining
        let free = Int(pages[page].slots - pages[page].live)
        addFree(Int(pages[page].sizeClass), -free)
    }

    /// Puts a page that could not be emptied back; it is passed over until `maintain` turn `retry`.
    package mutating func endDrain(_ page: Int, retry: UInt32) {
        ensure(pages[page].state == .draining, "page is not draining")
        pages[page].state = .active
        pages[page].retryTurn = retry
        let free = Int(pages[page].slots - pages[page].live)
        addFree(Int(pages[page].sizeClass), free)
        enlist(page)
    }

    /// The chunk in use at or after `slot` of a page, or nil behind the last.
    package func nextLive(_ page: Int, from slot: Int) -> ChunkHandle? {
        var slot = slot
        while slot < Int(pages[page].fresh) {
            if readOwner(page, slot) & Self.freeMark == 0 {
                return ChunkHandle(page: page, slot: slot)
            }
            slot += 1
        }
        return nil
    }

    /// A page of the class among the emptiest, one that may be tried in turn `now`; looks at 8.
    package func emptiestPage(_ index: Int, turn now: UInt32) -> Int? {
        var mask = listMask[index]
        var looked = 0
        while mask != 0, looked < 8 {
            let list = mask.trailingZeroBitCount
            mask &= mask - 1
            var page = lists[index * Self.listsPerClass + list]
            while page != SlabPage.none, looked < 8 {
                looked += 1
                // A retry turn in the past is at most half the range behind.
                if Int32(bitPattern: now &- pages[Int(page)].retryTurn) >= 0 { return Int(page) }
                page = pages[Int(page)].next
            }
        }
        return nil
    }

    /// Checks the totals of the classes and the lists by walking the pages: for tests.
    package func validate() {
        var used = 0
        var movable = 0
        for index in 0..<classes.count {
            if classStates[index].freeSlots >= classes.slotsPerPage(index) { movable += 1 }
            var (pageCount, live, free) = (0, 0, 0)
            for page in 0..<pages.count
            where pages[page].state != .unused && Int(pages[page].sizeClass) == index {
                pageCount += 1
                live += Int(pages[page].live)
                if pages[page].state == .active {
                    free += Int(pages[page].slots - pages[page].live)
                    ensure(pages[page].list == pages[page].fullness, "list of a page")
                }
            }
            ensure(classStates[index].pages == pageCount, "pages of a class")
            ensure(classStates[index].liveChunks == live, "chunks of a class")
            ensure(classStates[index].freeSlots == free, "free chunks of a class")
            used += pageCount
            for list in 0..<Self.listsPerClass {
                let isMarked = listMask[index] >> UInt32(list) & 1 == 1
                let head = lists[index * Self.listsPerClass + list]
                ensure(isMarked == (head != SlabPage.none), "mask of a class's lists")
            }
        }
        ensure(used == arena.usedCount, "pages in use")
        ensure(movable == movableClasses, "classes with a movable page")
    }

    // MARK: Lists by fullness

    private mutating func relist(_ page: Int) {
        if pages[page].fullness != pages[page].list {
            unlist(page)
            enlist(page)
        }
    }

    private mutating func enlist(_ page: Int) {
        let list = pages[page].fullness
        let index = Int(pages[page].sizeClass)
        let head = index * Self.listsPerClass + Int(list)
        pages[page].list = list
        pages[page].previous = SlabPage.none
        pages[page].next = lists[head]
        if lists[head] != SlabPage.none { pages[Int(lists[head])].previous = UInt32(page) }
        lists[head] = UInt32(page)
        listMask[index] |= 1 << UInt32(list)
    }

    private mutating func unlist(_ page: Int) {
        let index = Int(pages[page].sizeClass)
        let list = pages[page].list
        let head = index * Self.listsPerClass + Int(list)
        let (previous, next) = (pages[page].previous, pages[page].next)
        if previous != SlabPage.none {
            pages[Int(previous)].next = next
        } else {
            lists[head] = next
            if next == SlabPage.none { listMask[index] &= ~(1 << UInt32(list)) }
        }
        if next != SlabPage.none { pages[Int(next)].previous = previous }
    }

    // MARK: Owners

    // SAFETY: the owners of a small page lie behind its last chunk, inside the page.
    @inline(__always)
    private func readOwner(_ page: Int, _ slot: Int) -> UInt32 {
        let count = Int(pages[page].slots)
        ensure(slot < count, "slot number")
        if Int(pages[page].chunkBytes) >= SizeClasses.unit {
            return largeOwners[page &* Self.ownersPerPage &+ slot]
        }
        let end = unsafe arena.address(of: page) + Arena.pageBytes
        return unsafe end.load(fromByteOffset: (slot &- count) &* 4, as: UInt32.self)
    }

    // SAFETY: as `readOwner`; the slab alone writes owners.
    @inline(__always)
    private mutating func writeOwner(_ page: Int, _ slot: Int, _ owner: UInt32) {
        let count = Int(pages[page].slots)
        ensure(slot < count, "slot number")
        if Int(pages[page].chunkBytes) >= SizeClasses.unit {
            largeOwners[page &* Self.ownersPerPage &+ slot] = owner
        } else {
            let end = unsafe arena.address(of: page) + Arena.pageBytes
            unsafe end.storeBytes(of: owner, toByteOffset: (slot &- count) &* 4, as: UInt32.self)
        }
    }
}
