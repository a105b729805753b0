/// Sites time each other's leases, and people compare their logs: clocks that differ are reported.
enum ClockSkew {
    static func report(_ hello: PeerHello, receivedMilliseconds: Int64, peer: String, to notice: PeerNoticeSink) {
        let skew = hello.unixMilliseconds - receivedMilliseconds
        guard abs(skew) > PeerProtocol.clockSkewLimitMilliseconds else { return }
        let seconds = Double(abs(skew) / 100) / 10
        notice(
            PeerNotice(
                kind: .clockSkew, caller: peer,
                text:
                    "the clock of \(peer) is \(seconds) s \(skew > 0 ? "ahead of" : "behind") this site's: set both by NTP"
            ))
    }
}
