/// SUBSCRIBE, PSUBSCRIBE, PUBLISH, PUBSUB.
///
/// Each shard knows the subscriptions of its own clients; a message goes to every shard, which
/// hands it to its subscribers and answers how many there were. Messages of one publisher keep
/// their order.
extension Shard where Engine: ~Copyable {
    mutating func pubsubCommand(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        switch id {
        case .subscribe: subscribe(place, input, .channel)
        case .psubscribe: subscribe(place, input, .pattern)
        case .unsubscribe: unsubscribe(place, input, .channel)
        case .punsubscribe: unsubscribe(place, input, .pattern)
        case .publish:
            if arguments.argument(1, in: input).count > TopicTable.nameBytesMax {
                refuseName()
                return .done
            }
            return askAll(place, .publish, .sum, input)
        default: return inspect(place, input)
        }
        return .done
    }

    private mutating func refuseName() {
        noteOtherError()
        emit("-ERR channel names are limited to 4096 bytes\r\n")
    }

    // MARK: Subscriptions

    private mutating func subscribe(_ place: Int32, _ input: Bytes, _ kind: TopicTable.Kind) {
        guard let index = becomeFollower(place) else {
            refuseFollower()
            return
        }
        for position in 1..<arguments.count {
            let name = arguments.argument(position, in: input)
            if name.count > TopicTable.nameBytesMax {
                refuseName()
                continue
            }
            switch followers.topics.add(index, kind, name, hash: group.hasher.hash(name)) {
            case .full:
                noteOtherError()
                emit("-ERR too many subscriptions\r\n")
            case .added, .present:
                connections[Int(place)].flags.insert(.subscribed)
                emitSubscription(kind == .channel ? "subscribe" : "psubscribe", name, index)
            }
        }
    }

    private mutating func unsubscribe(_ place: Int32, _ input: Bytes, _ kind: TopicTable.Kind) {
        let index = connections[Int(place)].follower
        let word: StaticString = kind == .channel ? "unsubscribe" : "punsubscribe"
        if arguments.count > 1 {
            for position in 1..<arguments.count {
                let name = arguments.argument(position, in: input)
                if index >= 0 {
                    _ = followers.topics.remove(
                        index, kind, name, hash: group.hasher.hash(name))
                }
                emitSubscription(word, name, index)
            }
        } else if index < 0 || followers.topics.firstLink(index, kind) < 0 {
            emitSubscription(word, nil, index)
        } else {
            unsubscribeAll(index, kind, word)
        }
        if subscriptions(index) == 0 { endSubscriptions(place, index) }
    }

    /// The last subscription has gone: the place among the followers too, if nothing else needs it.
    private mutating func endSubscriptions(_ place: Int32, _ index: Int32) {
        connections[Int(place)].flags.remove(.subscribed)
        guard index >= 0, !connections[Int(place)].flags.contains(.pushPending) else { return }
        let follower = followers.clients[index]
        if !follower.tracks, !follower.hasTracked { leaveFollowers(place) }
    }

    private mutating func unsubscribeAll(
        _ index: Int32, _ kind: TopicTable.Kind, _ word: StaticString
    ) {
        var link = followers.topics.firstLink(index, kind)
        var left = subscriptions(index)
        while link >= 0 {
            let name = followers.topics.name(followers.topics.link(link).topic)
            left -= 1
            emitPush(3)
            emitText(word)
            emitBulk(name)
            emitInteger(left)
            followers.topics.removeLink(link)
            link = followers.topics.firstLink(index, kind)
        }
    }

    /// Channels and patterns a client follows.
    func subscriptions(of place: Int32) -> (channels: Int, patterns: Int) {
        let index = connections[Int(place)].follower
        if index < 0 { return (0, 0) }
        return (followers.topics.count(index, .channel), followers.topics.count(index, .pattern))
    }

    /// Channels and patterns together, as Redis counts them.
    private func subscriptions(_ index: Int32) -> Int {
        if index < 0 { return 0 }
        return followers.topics.count(index, .channel) + followers.topics.count(index, .pattern)
    }

    private mutating func emitSubscription(
        _ word: StaticString, _ name: Bytes?, _ index: Int32
    ) {
        emitPush(3)
        emitText(word)
        if let name { emitBulk(name) } else { emitNull() }
        emitInteger(subscriptions(index))
    }

    // MARK: Messages

    /// Hands a message to this shard's subscribers; how many there were.
    private mutating func publishHere(_ channel: Bytes, _ text: Bytes) -> Int {
        var payload: Int32 = -1
        if text.count > Self.sharedPayloadMin, followers.clients.usedCount > 0 {
            payload = sharePayload(text) ?? -2
        }
        defer { if payload >= 0 { releasePayload(payload) } }
        var receivers = 0
        let hash = group.hasher.hash(channel)
        if let topic = followers.topics.find(.channel, channel, hash: hash) {
            receivers += publish(to: topic, nil, channel, text, payload)
        }
        var topic = followers.topics.first(.pattern)
        while topic >= 0 {
            let pattern = followers.topics.name(topic)
            // An empty channel matches a lone `*` only: `Glob` leaves that to its callers.
            if pattern == Bytes("*") || Glob.matches(pattern, channel) {
                receivers += publish(to: topic, pattern, channel, text, payload)
            }
            topic = followers.topics[topic].next
        }
        stats.add(.pubsubDelivered, receivers)
        return receivers
    }

    private mutating func publish(
        to topic: Int32, _ pattern: Bytes?, _ channel: Bytes, _ text: Bytes, _ payload: Int32
    ) -> Int {
        var receivers = 0
        var link = followers.topics[topic].firstLink
        while link >= 0 {
            let record = followers.topics.link(link)
            let place = followers.clients[record.follower].place
            link = record.nextOfTopic
            receivers += 1
            if payload == -2 {
                // No memory to keep the message: better no connection than a gap nobody sees.
                abort(place, .outputLimit)
                continue
            }
            let bytes = composeMessage(place, pattern, channel, text, isShared: payload >= 0)
            push(place, bytes, payload: payload)
        }
        return receivers
    }

    private func composeMessage(
        _ place: Int32, _ pattern: Bytes?, _ channel: Bytes, _ text: Bytes, isShared: Bool
    ) -> Bytes {
        var sink = ByteSink(followers.staging.bytes, at: 0)
        sink.append(connections[Int(place)].version == .resp3 ? ">" : "*")
        if let pattern {
            sink.append("4\r\n$8\r\npmessage\r\n")
            sink.appendBulk(pattern)
        } else {
            sink.append("3\r\n$7\r\nmessage\r\n")
        }
        sink.appendBulk(channel)
        if isShared {
            sink.append("$")
            sink.append(text.count)
            sink.appendLineEnd()
        } else {
            sink.appendBulk(text)
        }
        guard let end = sink.end else {
            ensureFailed("message larger than its bound", #fileID, #line)
        }
        return followers.staging.bytes.bytes.slice(0, end)
    }

    // MARK: PUBSUB

    private mutating func inspect(_ place: Int32, _ input: Bytes) -> Step {
        guard let sub = CommandTable.lookup(.pubsub, arguments.argument(1, in: input)) else {
            emitError(.unknownSubcommand(.pubsub))
            return .done
        }
        guard CommandTable.spec(sub).accepts(argumentCount: arguments.count),
            sub != .pubsubChannels || arguments.count <= 3
        else {
            emitError(.wrongSubcommandArity(sub))
            return .done
        }
        switch sub {
        case .pubsubChannels: return askAll(place, .channels, .distinct, input)
        case .pubsubNumsub: return askAll(place, .subscribers, .counts, input)
        case .pubsubNumpat: return askAll(place, .patterns, .sum, input)
        default:
            emitHelp(.pubsub)
            return .done
        }
    }

    /// This shard's number in PUBLISH or PUBSUB NUMPAT.
    mutating func followersCount(_ control: Control, _ input: Bytes) -> Int {
        if control == .publish {
            if context.connection >= 0 { stats.add(.pubsubPublished) }
            return publishHere(arguments.argument(1, in: input), arguments.argument(2, in: input))
        }
        var count = 0
        var topic = followers.topics.first(.pattern)
        while topic >= 0 {
            count += 1
            topic = followers.topics[topic].next
        }
        return count
    }

    /// This shard's part of PUBSUB CHANNELS (encoded names) or NUMSUB (name's length u32, name,
    /// count u64, for each channel asked for); how many elements.
    mutating func followersList(_ control: Control, _ input: Bytes, into large: Int32) -> Int {
        if control == .subscribers { return listSubscribers(input, into: large) }
        let pattern: Bytes? = arguments.count > 2 ? arguments.argument(2, in: input) : nil
        var count = 0
        var topic = followers.topics.first(.channel)
        while topic >= 0 {
            let name = followers.topics.name(topic)
            topic = followers.topics[topic].next
            if let pattern, !(pattern == Bytes("*")), !Glob.matches(pattern, name) { continue }
            if !appendBulk(large, name) { break }
            count += 1
        }
        return count
    }

    private mutating func listSubscribers(_ input: Bytes, into large: Int32) -> Int {
        for position in 2..<max(2, arguments.count) {
            let name = arguments.argument(position, in: input)
            let found = followers.topics.find(.channel, name, hash: group.hasher.hash(name))
            let count = found.map { Int(followers.topics[$0].count) } ?? 0
            let word = scratch.bytes.slice(Self.scratchBytes - 32, 16)
            word.store(UInt32(name.count), at: 0)
            word.store(UInt64(count), at: 4)
            guard appendLarge(large, word.bytes.slice(0, 12)), appendLarge(large, name) else {
                break
            }
        }
        return max(0, arguments.count - 2)
    }

    /// NUMSUB: the parts list the same channels in the same order; their counts add up.
    mutating func answerCounts(_ gather: Gather) {
        let channels = gather.sum / group.shards
        let list = largeBuffers[gather.large].mutableBytes
        var first = 0
        var other = 0
        // The first part ends where `channels` records have been passed.
        for _ in 0..<channels { other += 12 + Int(list.bytes.load(other, as: UInt32.self)) }
        let firstEnd = other
        while other < list.count {
            if first == firstEnd { first = 0 }
            let sum =
                list.bytes.load(first + 4, as: UInt64.self)
                + list.bytes.load(other + 4, as: UInt64.self)
            list.store(sum, at: first + 4)
            first += 12 + Int(list.bytes.load(first, as: UInt32.self))
            other += 12 + Int(list.bytes.load(other, as: UInt32.self))
        }
        emitArray(channels * 2)
        first = 0
        for _ in 0..<channels {
            let length = Int(list.bytes.load(first, as: UInt32.self))
            emitBulk(list.bytes.slice(first + 12, length))
            emitInteger(Int(list.bytes.load(first + 4, as: UInt64.self)))
            first += 12 + length
        }
    }

    /// CHANNELS: a channel followed on several shards is listed once. A table of the offsets of
    /// names already seen, twice as many places as names, stands in a growing buffer.
    mutating func answerDistinct(_ gather: Gather) {
        let list = largeBuffers[gather.large].bytes
        var places = 16
        while places < gather.sum * 2 { places *= 2 }
        guard let table = takeLarge(places * 4) else {
            emitError(.outOfMemory)
            return
        }
        defer { releaseLarge(table) }
        let seen = largeBuffers[table].room
        seen.slice(0, places * 4).fill(0)
        var distinct = 0
        for pass in 0..<2 {
            if pass == 1 {
                seen.slice(0, places * 4).fill(0)
                emitArray(distinct)
            }
            var offset = 0
            while offset < list.count {
                let length = Self.bulkLength(list, offset)
                if isFirst(list.slice(offset, length), at: offset, of: list, in: seen, places) {
                    if pass == 0 { distinct += 1 } else { emitRaw(list.slice(offset, length)) }
                }
                offset += length
            }
        }
    }

    private func isFirst(
        _ name: Bytes, at offset: Int, of list: Bytes, in seen: MutableBytes, _ places: Int
    ) -> Bool {
        var place = Int(truncatingIfNeeded: group.hasher.hash(name)) & (places - 1)
        while true {
            let known = Int(seen.bytes.load(place * 4, as: UInt32.self))
            if known == 0 {
                seen.store(UInt32(offset + 1), at: place * 4)
                return true
            }
            if list.slice(known - 1, Self.bulkLength(list, known - 1)) == name { return false }
            place = (place + 1) & (places - 1)
        }
    }

    /// Bytes of the encoded bulk string at `offset`.
    private static func bulkLength(_ list: Bytes, _ offset: Int) -> Int {
        var position = offset + 1
        var length = 0
        while list[position] != 13 {
            length = length * 10 + Int(list[position] - UInt8(ascii: "0"))
            position += 1
        }
        return position + 2 + length + 2 - offset
    }
}

extension ByteSink {
    /// `$length`, the bytes and CRLF.
    mutating func appendBulk(_ bytes: Bytes) {
        append("$")
        append(bytes.count)
        appendLineEnd()
        append(bytes)
        appendLineEnd()
    }
}
