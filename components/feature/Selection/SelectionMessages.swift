import NornKit

enum SelectionMessage {
    static let columns = "host_columns"
    static let left = "host_left"
}

/// What a host tells before a filter that the guest decides: its columns under their anonymous names.
struct HostColumns: Codable, Sendable {
    static let mostColumns = 1 << 22

    var method: String
    var columns: [String]
}

/// The guest's answer: whether each of them stays.
struct HostLeft: Codable, Sendable {
    var left: [Bool]
}
