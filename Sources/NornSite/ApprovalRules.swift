import NornFlow

/// What the settings say of partners' jobs. The first rule that fits decides; where none does, a table needs a grant.
struct ApprovalRules: Sendable {
    enum Decision: String, Sendable, CaseIterable {
        /// Nobody is asked, and no grant is needed.
        case automatic
        /// A person has to say yes, whatever is granted.
        case ask
        case refuse
    }

    /// What the rules come to for several components over one table, or over none.
    enum Outcome: Equatable, Sendable {
        case refused(component: String)
        case asked(component: String)
        /// Nobody is asked; of these components no rule speaks.
        case open(unspoken: [String])
    }

    let rules: [SiteSettings.ApprovalRule]

    func decision(partner: String, component: String, table: TableReference?) -> Decision? {
        rules.first { $0.fits(partner: partner, component: component, table: table) }
            .flatMap { Decision(rawValue: $0.decision) }
    }

    /// The strictest word of all components counts.
    func outcome(partner: String, components: [String], table: TableReference?) -> Outcome {
        let decisions = components.map { decision(partner: partner, component: $0, table: table) }
        if let place = decisions.firstIndex(of: .refuse) { return .refused(component: components[place]) }
        if let place = decisions.firstIndex(of: .ask) { return .asked(component: components[place]) }
        return .open(unspoken: zip(components, decisions).filter { $0.1 == nil }.map(\.0))
    }
}

extension SiteSettings.ApprovalRule {
    /// For each partner, and for all namespaces or names of tables.
    static let each = "*"

    func fits(partner: String, component: String, table: TableReference?) -> Bool {
        guard self.partner == Self.each || self.partner == partner else { return false }
        guard components.isEmpty || components.contains(component) else { return false }
        guard !tables.isEmpty else { return true }
        guard let table else { return false }
        return tables.contains { pattern in
            let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
            return parts.count == 2 && (parts[0] == Self.each || parts[0] == table.namespace)
                && (parts[1] == Self.each || parts[1] == table.name)
        }
    }
}
