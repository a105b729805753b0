import NornFlow
import NornManifest

/// A FATE 1.11 runtime conf as written, with its parties checked.
struct Conf {
    static let partiesMaximum = 1024

    /// Parameters of one component from one place of the conf.
    struct Layer {
        var field: String
        var parameters: JSONObject
    }

    var initiator: Party
    /// In the order guest, host, arbiter, local, and within a role as written.
    var parties: [Party]
    var json: JSON

    func parties(of role: Role) -> [Party] { parties.filter { $0.role == role } }

    /// The objects of `<section>.role.<role>.<positions>` whose positions hold a party, in the order as written.
    func ownSections(_ section: String, of party: Party) -> [(field: String, value: JSON)] {
        guard let position = parties(of: party.role).firstIndex(of: party),
            let byPosition = json[section]?["role"]?[party.role.rawValue]?.asObject
        else { return [] }
        return byPosition.members.filter { Conf.positions($0.key, hold: position) }
            .map { ("conf.\(section).role.\(party.role.rawValue).\($0.key)", $0.value) }
    }

    /// The parameters of a component at a party, from the weakest layer to the strongest.
    func layers(of component: String, at party: Party) -> [Layer] {
        let common = ("conf.component_parameters.common", json["component_parameters"]?["common"] ?? [:])
        return ([common] + ownSections("component_parameters", of: party)).compactMap { field, value in
            value[component]?.asObject.map { Layer(field: "\(field).\(component)", parameters: $0) }
        }
    }

    /// Whether a key such as `0`, `0|2` or `all` holds a position.
    static func positions(_ key: String, hold position: Int) -> Bool {
        key == "all" || key.split(separator: "|").contains { Int($0) == position }
    }

    /// The last position that a key names; -1 where it names none, as `all` does.
    static func largestPosition(_ key: String) -> Int {
        key.split(separator: "|").compactMap { Int($0) }.max() ?? -1
    }

    /// Whether a key has the form of positions at all.
    static func arePositions(_ key: String) -> Bool {
        key == "all"
            || (!key.isEmpty
                && key.split(separator: "|", omittingEmptySubsequences: false)
                    .allSatisfy { Int($0).map { $0 >= 0 } ?? false })
    }
}

/// Reads the JSON of a runtime conf.
struct ConfReader {
    static let keys: Set<String> = [
        "dsl_version", "initiator", "role", "job_parameters", "component_parameters", "provider",
    ]

    var findings = Findings()

    /// Nil when something was found wrong.
    mutating func read(_ json: JSON) -> Conf? {
        guard let object = json.asObject else {
            findings.refuse(.confField, at: "conf", "the conf is not an object", "Submit a FATE 1.11 runtime conf.")
            return nil
        }
        checkVersion(object)
        for key in object.keys where !Self.keys.contains(key) {
            findings.warn(at: "conf.\(key)", "the key is not known and is ignored")
        }
        let parties = parties(object["role"])
        let initiator = initiator(object["initiator"], among: parties)
        for section in ["job_parameters", "component_parameters", "provider"] {
            checkSection(object[section], section, parties)
        }
        guard findings.errors.isEmpty, let initiator else { return nil }
        return Conf(initiator: initiator, parties: parties, json: json)
    }

    mutating func checkVersion(_ object: JSONObject) {
        let oldKeys = ["algorithm_parameters", "role_parameters"].filter { object[$0] != nil }
        let version = object["dsl_version"]
        guard oldKeys.isEmpty, version?.asInt == 2 || version?.asString == "2" else {
            let found = oldKeys.first.map { "the conf has \"\($0)\", which is of version 1" }
            findings.refuse(
                .dslVersion, at: oldKeys.first.map { "conf.\($0)" } ?? "conf.dsl_version",
                found ?? "only version 2 of runtime confs is supported",
                "Write \"dsl_version\": 2, and parameters as component_parameters.common and component_parameters.role."
            )
            return
        }
    }

    mutating func parties(_ json: JSON?) -> [Party] {
        guard let roles = json?.asObject, !roles.isEmpty else {
            findings.refuse(
                .role, at: "conf.role", "the conf names no parties",
                "Write \"role\": {\"guest\": [9999], \"host\": [10000]}.")
            return []
        }
        for (name, _) in roles.members where Role(rawValue: name) == nil {
            let nearest = NearestName.find(name, in: Role.allCases.map(\.rawValue))
            findings.refuse(
                .role, at: "conf.role.\(name)", "there is no role \"\(name)\"",
                nearest.map { "Did you mean \"\($0)\"?" } ?? "Roles are guest, host, arbiter and local.")
        }
        var parties: [Party] = []
        for role in Role.allCases {
            guard let value = roles[role.rawValue] else { continue }
            parties += self.parties(value, of: role)
        }
        if parties.count > Conf.partiesMaximum {
            findings.refuse(
                .limit, at: "conf.role", "there are more than \(Conf.partiesMaximum) parties", "Name fewer.")
        }
        return parties
    }

    private mutating func parties(_ json: JSON, of role: Role) -> [Party] {
        let field = "conf.role.\(role.rawValue)"
        guard let list = json.asArray else {
            findings.refuse(.role, at: field, "the parties of a role are not a list", "Write [9999].")
            return []
        }
        var parties: [Party] = []
        for (index, element) in list.enumerated() {
            guard let id = Self.partyID(element) else {
                refusePartyID(at: "\(field)[\(index)]")
                continue
            }
            let party = Party(role: role, id: id)
            if parties.contains(party) {
                findings.refuse(
                    .role, at: "\(field)[\(index)]", "party \(id) is there twice as \(role.rawValue)",
                    "Name every party of a role once.")
            }
            parties.append(party)
        }
        return parties
    }

    mutating func refusePartyID(at field: String) {
        findings.refuse(
            .role, at: field, "a party id is not a whole number of at most 18 digits",
            "Write a number such as 9999, or the same as text.")
    }

    /// A number or a text of digits, as decimal text without leading zeros.
    static func partyID(_ json: JSON?) -> String? {
        switch json {
        case .int(let number): return number >= 0 && number < 1_000_000_000_000_000_000 ? String(number) : nil
        case .string(let text):
            let digits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return digits && text.utf8.count <= 18 ? Int(text).map(String.init) : nil
        default: return nil
        }
    }

    mutating func initiator(_ json: JSON?, among parties: [Party]) -> Party? {
        guard let role = json?["role"]?.asString.flatMap({ Role(rawValue: $0) }), json?["party_id"] != nil else {
            findings.refuse(
                .initiator, at: "conf.initiator", "the initiator is not named by role and party id",
                "Write \"initiator\": {\"role\": \"guest\", \"party_id\": 9999}.")
            return nil
        }
        guard let id = Self.partyID(json?["party_id"]) else {
            refusePartyID(at: "conf.initiator.party_id")
            return nil
        }
        let initiator = Party(role: role, id: id)
        guard parties.contains(initiator) else {
            let known = parties.filter { $0.role == role }.map(\.id).joined(separator: ", ")
            findings.refuse(
                .initiator, at: "conf.initiator.party_id",
                "initiator party id \(id) not in roles: \(role.rawValue) has [\(known)]",
                "Name one of the job's own parties.")
            return nil
        }
        return initiator
    }

    /// Checks the shape of `{"common": {…}, "role": {role: {positions: {…}}}}`.
    mutating func checkSection(_ json: JSON?, _ section: String, _ parties: [Party]) {
        guard let json, !json.isNull else { return }
        let field = "conf.\(section)"
        guard let object = requireObject(json, at: field) else { return }
        for key in object.keys where !["common", "role"].contains(key) {
            findings.warn(at: "\(field).\(key)", "the key is neither \"common\" nor \"role\" and is ignored")
        }
        if let common = object["common"], let members = requireObject(common, at: "\(field).common"),
            section == "component_parameters"
        {
            for (name, value) in members.members { _ = requireObject(value, at: "\(field).common.\(name)") }
        }
        guard let roles = object["role"], let byRole = requireObject(roles, at: "\(field).role") else { return }
        for (roleName, value) in byRole.members {
            let place = "\(field).role.\(roleName)"
            guard let role = Role(rawValue: roleName) else {
                let nearest = NearestName.find(roleName, in: Role.allCases.map(\.rawValue))
                findings.refuse(
                    .role, at: place, "there is no role \"\(roleName)\"",
                    nearest.map { "Did you mean \"\($0)\"?" } ?? "Roles are guest, host, arbiter and local.")
                continue
            }
            checkPositions(value, at: place, section, partyCount: parties.filter { $0.role == role }.count)
        }
    }

    private mutating func checkPositions(_ json: JSON, at field: String, _ section: String, partyCount: Int) {
        guard let byPosition = requireObject(json, at: field) else { return }
        for (positions, value) in byPosition.members {
            let place = "\(field).\(positions)"
            guard Conf.arePositions(positions) else {
                findings.warn(at: place, "\"\(positions)\" is no position in the role's list and is ignored")
                continue
            }
            guard Conf.largestPosition(positions) < partyCount else {
                findings.refuse(
                    .confField, at: place, "the position is past the role's list, which has \(partyCount) parties",
                    partyCount == 0
                        ? "Name parties of the role in conf.role, or take the position out."
                        : "Positions are counted from 0: write one from 0 to \(partyCount - 1), or \"all\".")
                continue
            }
            guard let members = requireObject(value, at: place), section == "component_parameters" else { continue }
            for (name, parameters) in members.members { _ = requireObject(parameters, at: "\(place).\(name)") }
        }
    }

    private mutating func requireObject(_ json: JSON, at field: String) -> JSONObject? {
        if let object = json.asObject { return object }
        findings.refuse(.confField, at: field, "the value is not an object", "Write {…}.")
        return nil
    }
}
