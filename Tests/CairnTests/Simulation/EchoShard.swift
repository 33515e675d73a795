@testable import Cairn

/// A bug planted into the echo loop: the simulation has to find each.
enum EchoBug: CaseIterable {
    case none
    /// Treats a completion as the present connection's without looking at its generation.
    case ignoresGeneration
    /// Writes into the memory of a send that is under way.
    case reusesMemory
    /// Gives a receive buffer back twice.
    case recyclesTwice
    /// Does not give a receive buffer back.
    case keepsBuffer
    /// Closes a socket while operations of it are under way.
    case closesEarly
    /// Does not receive again after the buffers ran out.
    case stopsWithoutBuffer
    /// Takes the completion of a zero-copy send for its end.
    case forgetsNotification
}

/// How the echo loop receives.
enum EchoReceive: CaseIterable { case multishot, once, direct }

/// The smallest complete user of the engine: answers every connection with its own bytes.
///
/// It shows each rule of the seam's contract once, runs on either engine, and is the subject of the
/// simulation's own tests.
struct EchoShard<Engine: IOEngine & ~Copyable>: ~Copyable {
    struct Connection: BitwiseCopyable {
        var isOpen = false
        var generation: UInt32 = 0
        var isReceiving = false
        var isSending = false
        var awaitsNotification = false
        /// No more bytes will come; what is left is sent, then the socket is closed.
        var inputEnded = false
        /// The connection failed: nothing more is sent.
        var failed = false
        /// Bytes in the half being filled.
        var filled = 0
        /// Which half is being filled.
        var half = 0
    }

    /// Bytes of each half of a connection's memory. Clients leave fewer bytes unanswered.
    static var halfBytes: Int { 8_192 }
    static var directBytes: Int { 48 }

    var engine: Engine
    let bug: EchoBug
    let receiveMode: EchoReceive
    let zeroCopy: Bool
    private var connections: FixedArray<Connection>
    private var memory: FixedArray<UInt8>
    private var directMemory: FixedArray<UInt8>
    private var acceptArmed = false
    private(set) var accepted = 0
    private(set) var wakes = 0
    private(set) var stale = 0

    init(
        _ engine: consuming Engine, sockets: Int, bug: EchoBug, receive: EchoReceive,
        zeroCopy: Bool
    ) {
        self.engine = engine
        self.bug = bug
        receiveMode = receive
        self.zeroCopy = zeroCopy
        connections = FixedArray(repeating: Connection(), count: sockets)
        memory = FixedArray(repeating: 0, count: sockets * 2 * Self.halfBytes)
        directMemory = FixedArray(repeating: 0, count: sockets * Self.directBytes)
    }

    var openConnections: Int {
        var count = 0
        for slot in 0..<connections.count where connections[slot].isOpen { count += 1 }
        return count
    }

    /// One turn of the loop.
    mutating func turn(listener: Int32, waitNanoseconds: UInt64?) {
        enter(listener: listener, waitNanoseconds: waitNanoseconds)
        serve()
    }

    mutating func enter(listener: Int32, waitNanoseconds: UInt64?) {
        if !acceptArmed {
            engine.acceptMultishot(listener, token: Token(.accept, slot: 0, generation: 0))
            acceptArmed = true
        }
        engine.turn(waitNanoseconds: waitNanoseconds)
    }

    mutating func serve() {
        while let completion = engine.nextCompletion() { handle(completion) }
    }

    private mutating func handle(_ completion: Completion) {
        switch completion.token.tag {
        case .accept: accept(completion)
        case .receive, .receiveDirect, .send:
            let slot = completion.token.slot
            let isCurrent =
                connections[slot].isOpen
                && connections[slot].generation == completion.token.generation
            if !isCurrent, bug != .ignoresGeneration || !connections[slot].isOpen {
                stale += 1
                return
            }
            switch completion.token.tag {
            case .receive: received(completion, slot)
            case .receiveDirect: receivedDirect(completion, slot)
            default: sent(completion, slot)
            }
            advance(slot)
        case .wake: wakes += 1
        case .cancel, .ignored, .diskRead, .diskWrite, .diskSync, nil: break
        }
    }

    private mutating func accept(_ completion: Completion) {
        if !completion.hasMore { acceptArmed = false }
        guard completion.result >= 0 else { return }
        guard let socket = engine.adopt(completion.result) else {
            return engine.discard(completion.result, farewell: "-ERR full\r\n")
        }
        accepted += 1
        let slot = Int(socket.index)
        connections[slot] = Connection(
            isOpen: true, generation: connections[slot].generation &+ 1)
        advance(slot)
    }

    private mutating func received(_ completion: Completion, _ slot: Int) {
        if !completion.hasMore { connections[slot].isReceiving = false }
        if let buffer = completion.buffer {
            keep(engine.received(completion), slot)
            if bug != .keepsBuffer { engine.recycle(buffer) }
            if bug == .recyclesTwice { engine.recycle(buffer) }
        } else if completion.result == -Errno.noBufferSpace {
            if bug == .stopsWithoutBuffer { connections[slot].isReceiving = true }
        } else {
            endOfInput(completion, slot)
        }
    }

    private mutating func receivedDirect(_ completion: Completion, _ slot: Int) {
        connections[slot].isReceiving = false
        let count = max(0, Int(completion.result))
        keep(directBytes(slot).bytes.slice(0, count), slot)
        if count < Self.directBytes { endOfInput(completion, slot) }
    }

    private mutating func endOfInput(_ completion: Completion, _ slot: Int) {
        connections[slot].inputEnded = true
        if completion.result < 0 { connections[slot].failed = true }
    }

    private func directBytes(_ slot: Int) -> MutableBytes {
        directMemory.bytes.slice(slot * Self.directBytes, Self.directBytes)
    }

    private func half(_ slot: Int, _ half: Int) -> MutableBytes {
        memory.bytes.slice((2 * slot + half) * Self.halfBytes, Self.halfBytes)
    }

    /// Copies received bytes behind those that wait to be sent.
    private mutating func keep(_ bytes: Bytes, _ slot: Int) {
        let connection = connections[slot]
        if bug == .reusesMemory, connection.isSending {
            half(slot, 1 - connection.half).copy(bytes)
        }
        half(slot, connection.half).copy(bytes, at: connection.filled)
        connections[slot].filled += bytes.count
    }

    private mutating func sent(_ completion: Completion, _ slot: Int) {
        if completion.isNotification {
            connections[slot].awaitsNotification = false
            return
        }
        connections[slot].isSending = false
        if completion.hasMore, bug != .forgetsNotification {
            connections[slot].awaitsNotification = true
        }
        if completion.result <= 0 { connections[slot].failed = true }
    }

    /// Starts what the connection needs next, or closes it.
    private mutating func advance(_ slot: Int) {
        let socket = SocketSlot(index: Int32(slot))
        let connection = connections[slot]
        let busy = connection.isSending || connection.awaitsNotification
        if connection.failed || connection.inputEnded && connection.filled == 0 && !busy {
            if connection.isReceiving {
                engine.shutdown(socket)
            } else if !busy || bug == .closesEarly {
                engine.close(socket)
                connections[slot].isOpen = false
            }
            return
        }
        if !connection.isReceiving, !connection.inputEnded { receive(socket, connection) }
        if !busy, connection.filled > 0 { send(socket, connection) }
    }

    private mutating func receive(_ socket: SocketSlot, _ connection: Connection) {
        let slot = Int(socket.index)
        connections[slot].isReceiving = true
        let tag: OperationTag = receiveMode == .direct ? .receiveDirect : .receive
        let token = Token(tag, slot: slot, generation: connection.generation)
        switch receiveMode {
        case .multishot: engine.receiveMultishot(socket, token: token)
        case .once: engine.receiveOnce(socket, lengthMax: 100, token: token)
        case .direct: engine.receive(socket, into: directBytes(slot), token: token)
        }
    }

    private mutating func send(_ socket: SocketSlot, _ connection: Connection) {
        let slot = Int(socket.index)
        let token = Token(.send, slot: slot, generation: connection.generation)
        let all = half(slot, connection.half).bytes.slice(0, connection.filled)
        connections[slot].isSending = true
        connections[slot].half = 1 - connection.half
        connections[slot].filled = 0
        if !zeroCopy { return engine.send(socket, all, token: token) }
        let cut = all.count / 2
        if cut > 0 { ensure(engine.appendToVector(all.slice(0, cut)), "vector") }
        ensure(engine.appendToVector(all.dropping(cut)), "vector")
        engine.sendVector(socket, zeroCopy: true, token: token)
    }
}
