import NornKit

/// Names of columns that tell another party nothing: `host_10000_x0`, numbered in the header's order.
enum AnonymousHeader {
    static func names(for header: [String], of party: Party) -> [String] {
        header.indices.map { "\(party.role)_\(party.id)_x\($0)" }
    }
}

extension TableSchema {
    /// The columns that are neither label nor match id.
    var features: [String] { header.filter { $0 != labelName && $0 != matchIDName } }
}
