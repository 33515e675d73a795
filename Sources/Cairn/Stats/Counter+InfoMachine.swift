/// The outside names of the counters of network, loop, shards, memory and followers.
extension Counter {
    var networkInfo: MetricInfo {
        switch self {
        case .bytesReceived:
            return MetricInfo(
                "cairn_network_received_bytes_total", unit: "bytes", "Bytes read from clients.")
        case .bytesSent:
            return MetricInfo(
                "cairn_network_sent_bytes_total", unit: "bytes", "Bytes sent to clients.")
        case .receives:
            return MetricInfo(
                "cairn_receives_total", unit: "completions", "Receive completions with data.")
        case .sends:
            return MetricInfo(
                "cairn_sends_total", unit: "operations", "Send operations submitted.")
        case .receiveBuffersExhausted:
            return MetricInfo(
                "cairn_receive_buffers_exhausted_total", unit: "completions",
                "Receives that ended with ENOBUFS: the provided-buffer ring was empty.")
        case .zeroCopySends:
            return MetricInfo(
                "cairn_zero_copy_sends_total", unit: "operations",
                "Sends submitted as zero-copy.")
        default:
            return MetricInfo(
                "cairn_zero_copy_copied_total", unit: "operations",
                "Zero-copy sends that the kernel copied after all.")
        }
    }

    var loopInfo: MetricInfo {
        switch self {
        case .loopTurns:
            return MetricInfo(
                "cairn_loop_turns_total", unit: "turns", "Turns of the shards' loops.")
        case .kernelEntries:
            return MetricInfo(
                "cairn_kernel_entries_total", unit: "calls", "Calls of io_uring_enter.")
        case .sleeps:
            return MetricInfo(
                "cairn_loop_sleeps_total", unit: "turns",
                "Turns that waited in the kernel because there was nothing to do.")
        case .completions:
            return MetricInfo(
                "cairn_completions_total", unit: "completions", "Ring completions handled.")
        case .staleCompletions:
            return MetricInfo(
                "cairn_stale_completions_total", unit: "completions",
                "Completions for a slot that was reused since; ignored on purpose.")
        default:
            return MetricInfo(
                "cairn_submission_queue_full_total", unit: "events",
                "Times the submission queue was full and had to be flushed early.")
        }
    }

    var crossShardInfo: MetricInfo {
        switch self {
        case .crossShardSent:
            return MetricInfo(
                "cairn_cross_shard_sent_total", unit: "requests",
                "Requests handed to another shard.")
        case .crossShardServed:
            return MetricInfo(
                "cairn_cross_shard_served_total", unit: "requests",
                "Requests served for another shard.")
        case .crossShardWaited:
            return MetricInfo(
                "cairn_cross_shard_waited_total", unit: "requests",
                "Requests that waited because the other shard's mailbox was full.")
        case .mailboxFull:
            return MetricInfo(
                "cairn_mailbox_full_total", unit: "events", "Times a mailbox was found full.")
        default:
            return MetricInfo(
                "cairn_wakes_sent_total", unit: "messages",
                "Wake-ups sent to sleeping shards.")
        }
    }

    var otherInfo: MetricInfo {
        switch self {
        case .slabPagesMoved:
            return MetricInfo(
                "cairn_slab_pages_moved_total", unit: "pages",
                "Slab pages moved from one size class to another.")
        case .slabChunksMoved:
            return MetricInfo(
                "cairn_slab_chunks_moved_total", unit: "chunks",
                "Chunks copied to empty a slab page.")
        case .trackingInvalidations:
            return MetricInfo(
                "cairn_tracking_invalidations_total", unit: "messages",
                "Invalidation messages sent to clients that track keys.")
        case .trackingKeysDropped:
            return MetricInfo(
                "cairn_tracking_keys_dropped_total", unit: "keys",
                "Tracked keys invalidated early because the tracking table was full.")
        case .pubsubPublished:
            return MetricInfo(
                "cairn_pubsub_published_total", unit: "messages", "Messages published.")
        case .pubsubDelivered:
            return MetricInfo(
                "cairn_pubsub_delivered_total", unit: "messages",
                "Published messages delivered to a subscriber.")
        case .transactionsExecuted:
            return MetricInfo(
                "cairn_transactions_executed_total", unit: "transactions",
                "EXEC that ran its commands.")
        case .transactionsAborted:
            return MetricInfo(
                "cairn_transactions_aborted_total", unit: "transactions",
                "EXEC that ran nothing: a watched key changed, or a queued command was wrong.")
        case .slowCommands:
            return MetricInfo(
                "cairn_slow_commands_total", unit: "commands",
                "Commands slower than the slow-log threshold.")
        case .prefetchHits:
            return MetricInfo(
                "cairn_prefetch_hits_total", unit: "blocks",
                "Prefetched blocks that a client then read.")
        case .writeCoalescing:
            return MetricInfo(
                "cairn_writes_coalesced_total", unit: "writes",
                "Writes merged into an earlier write that was not flushed yet.")
        case .coherenceUpdates:
            return MetricInfo(
                "cairn_coherence_updates_total", unit: "messages",
                "Coherence updates applied from other nodes.")
        default:
            ensureFailed("counter without a name", #fileID, #line)
        }
    }
}
