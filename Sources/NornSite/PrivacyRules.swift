import NornFlow
import NornManifest

/// What a site asks of the keys that protect its parties' data, whatever a job says. A component holds what it receives
/// to its own party's parameters, and these are held here.
struct PrivacyRules: Sendable {
    /// Who may have keys as short as FATE's examples ask for.
    enum Compatibility: String, Sendable, CaseIterable {
        case never
        /// Jobs all of whose parties are this site's: nobody else's data is at stake.
        case own
        case always
    }

    enum SharedArbiter: String, Sendable, CaseIterable { case allow, refuse }

    /// Shorter ones are never taken: FATE's own default.
    static let shortestBits = 1024

    let settings: SiteSettings.Privacy

    var compatibility: Compatibility { Compatibility(rawValue: settings.compatibility) ?? .never }

    /// A key that is shorter than the site asks for.
    struct ShortKey: Hashable, Sendable {
        let parameter: String
        let bits: Int
    }

    /// The short keys that a component with these parameters would make or take.
    func shortKeys(_ component: ComponentDeclaration, _ parameters: [String: ParameterValue]) -> [ShortKey] {
        component.keyLengths.compactMap { key in
            guard key.conditions.isEmpty || key.conditions.contains(where: { holds($0, component, parameters) }),
                let bits = Self.bits(key.parameter, component, parameters), bits < settings.keyBits
            else { return nil }
            return ShortKey(parameter: key.parameter, bits: bits)
        }
    }

    /// - Parameter isOwn: whether all parties of the job are this site's
    func flaw(
        _ task: JobTask, _ component: ComponentDeclaration, at party: Party, isOwn: Bool
    ) -> Failure? {
        let isTolerant = compatibility == .always || compatibility == .own && isOwn
        let tolerated = isTolerant ? Self.shortestBits : settings.keyBits
        let keys = shortKeys(component, task.parameters[party] ?? [:])
        guard let key = keys.first(where: { $0.bits < tolerated }) else { return nil }
        return Failure(
            .refused,
            "\(task.name) asks for keys of \(key.bits) bits, and \(party.text) takes none below \(tolerated)",
            party: party, task: task.name, field: "conf.component_parameters.common.\(task.name).\(key.parameter)",
            advice: "Ask for \(settings.keyBits) bits, or have \(party.text)'s site set privacy.compatibility")
    }

    /// An arbiter of a job and another party at the same site.
    struct Neighbours: Hashable, Sendable {
        let arbiter: Party
        let other: Party
    }

    /// - Parameter site: tells the sites of parties apart; nil: not known
    static func neighbours(_ parties: [Party], site: (Party) -> String?) -> Neighbours? {
        // Of one site alone there is nobody to keep anything from.
        guard Set(parties.map { site($0) ?? $0.id }).count > 1 else { return nil }
        for arbiter in parties where arbiter.role == .arbiter {
            let other = parties.first { party in
                party.role != .arbiter && (party.id == arbiter.id || site(party) != nil && site(party) == site(arbiter))
            }
            if let other { return Neighbours(arbiter: arbiter, other: other) }
        }
        return nil
    }

    func flaw(_ neighbours: Neighbours, at party: Party) -> Failure? {
        guard settings.arbiterAtParty == SharedArbiter.refuse.rawValue else { return nil }
        return Failure(
            .refused,
            "\(neighbours.arbiter.text) is at the site of \(neighbours.other.text) and could decrypt what the others "
                + "send, which \(party.text) does not allow", party: party, field: "conf.role.arbiter",
            advice: "Take an arbiter at a site of its own, or have \(party.text)'s site set privacy.arbiter_at_party")
    }

    static func warning(_ neighbours: Neighbours) -> String {
        "\(neighbours.arbiter.text) is at the site of \(neighbours.other.text), which could decrypt what the others send"
    }

    /// The parameter by which a component refuses sums over few rows.
    static let rowsPerCell = "minimum_rows_per_cell"

    /// The parameters of an attempt at a party of this site: no cell smaller than the site asks for.
    func raised(
        _ parameters: [String: ParameterValue], of component: ComponentDeclaration
    ) -> [String: ParameterValue] {
        guard settings.minimumRowsPerCell > 0, component.parameters.properties[Self.rowsPerCell] != nil else {
            return parameters
        }
        if case .int(let rows)? = parameters[Self.rowsPerCell], rows >= settings.minimumRowsPerCell {
            return parameters
        }
        return parameters.merging([Self.rowsPerCell: .int(Int64(settings.minimumRowsPerCell))]) { $1 }
    }

    /// What a person is told of a task that runs with short keys.
    func warnings(
        _ component: ComponentDeclaration, _ parameters: [String: ParameterValue]
    ) -> [String] {
        shortKeys(component, parameters).map { key in
            "\(key.parameter) is \(key.bits) bits, less than the \(settings.keyBits) of this site: such keys can be "
                + "broken, and run only by its policy privacy.compatibility"
        }
    }

    private func holds(
        _ condition: KeyLength.Condition, _ component: ComponentDeclaration, _ parameters: [String: ParameterValue]
    ) -> Bool {
        let given: String? =
            switch Self.value(condition.parameter, in: parameters) {
            case .string(let text)?: text
            case .bool(let flag)?: flag ? "true" : "false"
            case nil: component.defaultValue(of: condition.parameter).flatMap { $0.asString ?? $0.asBool?.description }
            default: nil
            }
        return given.map { condition.values.contains($0.lowercased()) } ?? false
    }

    /// nil: the job names no number, and the component refuses it.
    private static func bits(
        _ path: String, _ component: ComponentDeclaration, _ parameters: [String: ParameterValue]
    ) -> Int? {
        switch value(path, in: parameters) {
        case .int(let bits)?: Int(exactly: bits)
        case .double(let bits)?: Int(exactly: bits)
        case nil: component.defaultValue(of: path)?.asInt
        default: nil
        }
    }

    private static func value(_ path: String, in parameters: [String: ParameterValue]) -> ParameterValue? {
        path.split(separator: ".").reduce(Optional(ParameterValue.object(parameters))) { value, name in
            guard case .object(let members)? = value else { return nil }
            return members[String(name)]
        }
    }
}
