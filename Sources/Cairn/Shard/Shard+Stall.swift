/// Clients that stop in the middle: of reading their replies, of a value, of a command.
///
/// | what it holds | closed after | when |
/// |---|---|---|
/// | replies that it does not read | `stall_timeout` without progress | always |
/// | the same | 3 s at most | replies have no room, or memory is wanted |
/// | a value that has come in part | 3 s without 64 KiB of progress | memory is wanted |
/// | a command that has come in part | 3 s after it began | such parts have no room |
/// | a longer one, or a MULTI block | 3 s without a byte | memory is wanted |
///
/// Progress of TCP peers is what the kernel counts as acknowledged and received: a send or receive
/// of a large piece completes only when all of it is done. Each close is counted (`stalled`).
extension Shard where Engine: ~Copyable {
    /// Milliseconds without progress that others who wait must bear: a fifth of their patience.
    static var pressedMs: UInt64 { patienceMs / 5 }
    /// Bytes a value must grow by in that time: below that it is as good as stopped.
    private static var progressBytesMin: UInt64 { 64 << 10 }

    /// One slice of the look at connections, ten times a second: all of 10,000 within a second.
    mutating func closeStalled() {
        if streams.usedCount > 0, isMemoryWanted { closeStalledStreams() }
        guard connectionCount > 0 else { return }
        let memory = isMemoryWanted
        let output = memory || nowMs &- scarcity.outputWantedMs < 1000
        let input = nowMs &- scarcity.inputWantedMs < 1000
        var most = live.stallMs == 0 ? UInt64.max : live.stallMs
        if output { most = min(most, Self.pressedMs) }
        for _ in 0..<min(1024, connections.count) {
            scarcity.cursor = scarcity.cursor + 1 < connections.count ? scarcity.cursor + 1 : 0
            let place = Int32(scarcity.cursor)
            let flags = connections[scarcity.cursor].flags
            guard flags.contains(.open), !flags.contains(.dead) else { continue }
            if flags.contains(.sending), isReadingStalled(place, most) {
                abort(place, .stalled)
            } else if input || memory, isInputStalled(place, pressed: input) {
                abort(place, .stalled)
            }
        }
    }

    /// Whether the send under way has made no progress for `mostMs`.
    private mutating func isReadingStalled(_ place: Int32, _ mostMs: UInt64) -> Bool {
        let connection = connections[Int(place)]
        // The kernel is asked about those alone that have not finished for a while.
        guard nowMs &- connection.sendSinceMs >= min(mostMs, 1000) else { return false }
        if let progress = engine.progress(of: connection.socket),
            progress.acknowledged != connection.sendMark
        {
            connections[Int(place)].sendMark = progress.acknowledged
            connections[Int(place)].sendSinceMs = nowMs
            return false
        }
        return nowMs &- connection.sendSinceMs >= mostMs
    }

    /// Whether a command that has come in part, or a MULTI block, is to be given up.
    private func isInputStalled(_ place: Int32, pressed: Bool) -> Bool {
        let connection = connections[Int(place)]
        // What has arrived and can't be served yet is not the client's delay.
        if connection.flags.contains(.paused) { return false }
        let isSilent = nowMs &- connection.lastActiveMs >= Self.pressedMs
        if connection.largeInput >= 0 { return isSilent }
        if connection.residueCount > 0 {
            return pressed && nowMs &- connection.partialSinceMs >= Self.pressedMs
        }
        guard connection.flags.contains(.inTransaction), connection.transaction >= 0 else {
            return false
        }
        return isSilent && transactions[connection.transaction].queue >= 0
    }

    /// Closes clients whose values hold memory that others wait for, and do not grow.
    private mutating func closeStalledStreams() {
        for index in 0..<Int32(streams.capacity) where streams[index].connection >= 0 {
            let stream = streams[index]
            let place = stream.connection
            guard stream.phase == .filling || stream.phase == .trailer,
                !connections[Int(place)].flags.contains(.paused)
            else { continue }
            let progress = engine.progress(of: connections[Int(place)].socket)
            let come = progress?.received ?? UInt64(stream.filled)
            if stream.mark == 0 {
                // Looked at for the first time: one that began long ago has a second left.
                streams.update(index) {
                    $0.mark = come
                    $0.markMs = max($0.markMs, nowMs &- (Self.pressedMs - 1000))
                }
            } else if come >= stream.mark &+ Self.progressBytesMin {
                streams.update(index) {
                    $0.mark = come
                    $0.markMs = nowMs
                }
            } else if nowMs &- stream.markMs >= Self.pressedMs {
                abort(place, .stalled)
            }
        }
    }
}
