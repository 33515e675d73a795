/// Everything a shard counts. Each counter only grows, until `CONFIG RESETSTAT`.
///
/// A new counter is one case here, one line in `Counter+Info.swift` and one row in
/// `docs/METRICS.md`; nothing else.
package enum Counter: Int, Sendable, CaseIterable {
    // Commands, in the order of `CommandClass`.
    case commandsGet, commandsSet, commandsDelete, commandsOtherRead, commandsOtherWrite
    case commandsPubsub, commandsConnection, commandsAdmin
    case commandsFailed

    // Lookups.
    case hitsRAM
    case missesAbsent, missesExpired

    // Entries that leave.
    case evictionsMemory, evictionsMaxSize, evictionsMaxEntries, evictionsRebalance
    case evictionsPriority
    case expirationsAccess, expirationsSweep
    case expirationSweepSteps

    // Requests refused.
    case refusalsMemory, refusalsValueTooLarge, refusalsKeyTooLarge, refusalsMaxClients
    case refusalsAuthentication

    // Connections.
    case connectionsAccepted
    case closedClient, closedTimeout, closedOutputLimit, closedProtocolError, closedKilled
    case closedSocketError, closedShutdown, closedStalled, closedInputLimit
    case protocolErrors
    case bytesReceived, bytesSent
    case receives, sends
    case receiveBuffersExhausted
    case zeroCopySends, zeroCopyCopied

    // The loop.
    case loopTurns, kernelEntries, sleeps, completions, staleCompletions
    case submissionQueueFull

    // Between shards.
    case crossShardSent, crossShardServed, crossShardWaited, mailboxFull, wakesSent

    // Memory.
    case slabPagesMoved, slabChunksMoved

    // Followers of keys and channels.
    case trackingInvalidations, trackingKeysDropped
    case pubsubPublished, pubsubDelivered
    case transactionsExecuted, transactionsAborted
    case slowCommands

    // Fields of the seed's statistics whose levels come later; zero until then.
    case prefetchHits, writeCoalescing, coherenceUpdates
}
