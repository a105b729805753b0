import NornFlow
import NornManifest

/// Names of components in a conf, against those of the DSL.
///
/// FATE passes over parameters of components that the DSL does not have: one conf may serve several DSLs. But a name that
/// is nearly one of the DSL's, where the conf has nothing at all for that one, is a slip that would make the job run with
/// other parameters than those that were written; it is refused.
struct ComponentNames {
    let dsl: DSL
    let conf: Conf

    private var known: [String] { dsl.components.map(\.name) }

    /// - Parameter isPredict: of a predict job the components that the train job had are in order.
    func check(isPredict: Bool, _ findings: inout Findings) {
        let sections = sections("component_parameters")
        let mentioned = Set(sections.flatMap { $0.names })
        for (field, names) in sections {
            for name in names where !known.contains(name) {
                let nearest = NearestName.find(name, in: known)
                if !isPredict, let nearest, !mentioned.contains(nearest) {
                    findings.refuse(
                        .confField, at: "\(field).\(name)", "the DSL has no component \(name)",
                        "Did you mean \"\(nearest)\", for which the conf has no parameters?")
                    continue
                }
                let hint = nearest.map { ", did you mean \"\($0)\"?" } ?? ""
                findings.warn(
                    at: "\(field).\(name)", "the DSL has no such component, its parameters are ignored\(hint)")
            }
        }
        for (field, names) in self.sections("provider") {
            for name in names where !known.contains(name) {
                findings.warn(at: "\(field).\(name)", "the DSL has no such component, its provider is ignored")
            }
        }
    }

    /// Where a section names components: for all parties, and for those that the job has.
    private func sections(_ section: String) -> [(field: String, names: [String])] {
        var fields: [(String, JSON)] = [("conf.\(section).common", conf.json[section]?["common"] ?? [:])]
        var seen: Set<String> = []
        for party in conf.parties {
            fields += conf.ownSections(section, of: party).filter { seen.insert($0.field).inserted }
        }
        return fields.map { field, value in (field, value.asObject.map { Array($0.keys) } ?? []) }
    }
}
