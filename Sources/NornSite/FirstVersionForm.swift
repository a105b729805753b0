import NornFederation
import NornFlow

/// What a site says to a peer with which it speaks an earlier protocol: nothing that the other does not know, whether
/// this release could say it or not. So a site that is held back by `federation.protocol_version` is on the wire what
/// an earlier release is.
extension Message {
    func spoken(in version: Int) -> Message {
        guard version < PeerVersions.withReruns else { return self }
        switch self {
        case .orders(var orders):
            orders.contractNumber = 0
            orders.timing = .standard
            orders.body.isPaused = false
            orders.body.reservation.priority = nil
            orders.contract?.parameters.dependsOn = []
            orders.contract?.parameters.inheritance = nil
            return .orders(orders)
        case .report(var report):
            report.contractNumber = nil
            report.timing = .standard
            if let shortage = report.body.reservation.shortage {
                report.body.reservation.shortage = Shortage(missing: shortage.missing, place: shortage.place)
            }
            return .report(report)
        }
    }
}
