/// Commands Cairn knows.
package enum CommandID: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    // strings
    case get, set, mget, mset, getrange, setrange, setnx, setex, psetex, getex, getdel, getset
    case msetnx, substr, append, strlen, incr, decr, incrby, decrby, incrbyfloat
    // keys
    case del, unlink, exists, touch, type, expire, pexpire, expireat, pexpireat, expiretime
    case pexpiretime, ttl, pttl, persist, scan, keys, randomkey, rename, renamenx, copy, object
    case wait
    // connection
    case ping, echo, hello, auth, select, client, reset, quit
    // transactions
    case multi, exec, discard, watch, unwatch
    // publish and subscribe
    case subscribe, unsubscribe, psubscribe, punsubscribe, publish, pubsub
    // server
    case info, dbsize, flushdb, flushall, config, command, memory, slowlog, latency, debug, time
    case shutdown
    // Cairn's own
    case cairnPut, cairnGet, cairnStat, cairnPrefetch, cairnInvalidate, cairnFlush, cairnLstat
    case cairnList, cairnXattr
}

/// Second words of the commands that are containers, as `COMMAND INFO` lists them.
package enum SubcommandID: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    // OBJECT
    case objectEncoding, objectFreq, objectIdletime, objectRefcount, objectHelp
    // CLIENT
    case clientId, clientGetname, clientSetname, clientSetinfo, clientInfo, clientList
    case clientKill, clientPause, clientUnpause, clientReply, clientTracking, clientTrackinginfo
    case clientGetredir, clientCaching, clientUnblock, clientNoEvict, clientNoTouch, clientHelp
    // PUBSUB
    case pubsubChannels, pubsubNumsub, pubsubNumpat, pubsubHelp
    // CONFIG
    case configGet, configSet, configResetstat, configRewrite, configHelp
    // COMMAND
    case commandCount, commandDocs, commandInfo, commandList, commandGetkeys
    case commandGetkeysandflags, commandHelp
    // MEMORY
    case memoryUsage, memoryStats, memoryDoctor, memoryMallocStats, memoryPurge, memoryHelp
    // SLOWLOG
    case slowlogGet, slowlogLen, slowlogReset, slowlogHelp
    // LATENCY
    case latencyLatest, latencyHistory, latencyReset, latencyGraph, latencyDoctor
    case latencyHistogram, latencyHelp
}
