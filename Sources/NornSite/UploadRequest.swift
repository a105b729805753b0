import NornFlow

/// A text file on its way to become a table.
public struct UploadRequest: Sendable {
    public var namespace: String
    public var name: String
    /// The table's owner; nil is the caller's only party, or the site's.
    public var party: String?
    public var head: Bool
    public var delimiter: String
    public var partitions: Int?
    public var engine: String?
    /// Makes an id for each line instead of taking the first column.
    public var extendSID = false
    /// With `extendSID`: 0, 1, 2, …
    public var autoIncreasingSID = false
    /// How the text is to be read as numbers, kept with the table.
    public var meta: ParameterValue?
    /// Whether a table of this name gives way.
    public var replaces = true
    /// Whether the rows are put over those of the table that has the name: the same keys are overwritten, new ones
    /// added.
    public var merges = false
    /// Whether the table may belong to all parties of the site together, where nobody says whose it is.
    public var mayBeOfEveryParty = false

    public init(
        namespace: String, name: String, party: String?, head: Bool, delimiter: String, partitions: Int?,
        engine: String?
    ) {
        self.namespace = namespace
        self.name = name
        self.party = party
        self.head = head
        self.delimiter = delimiter
        self.partitions = partitions
        self.engine = engine
    }

    /// What the component that writes the table is given.
    func parameters(partitions standard: Int) -> [String: ParameterValue] {
        var parameters: [String: ParameterValue] = [
            "head": .int(head ? 1 : 0), "id_delimiter": .string(delimiter),
            "partition": .int(Int64(partitions ?? standard)), "namespace": .string(namespace), "name": .string(name),
            "extend_sid": .bool(extendSID), "auto_increasing_sid": .bool(autoIncreasingSID),
            "destroy": .bool(replaces), "merge": .bool(merges),
        ]
        if let meta {
            parameters["with_meta"] = .bool(true)
            parameters["meta"] = meta
        }
        return parameters
    }
}
