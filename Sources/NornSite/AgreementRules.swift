import NornFlow
import NornManifest
import NornRegistry

/// Whether a party has the components that the coordinator of a job has. The coordinator says in the contract which
/// ones these are and how much must agree; each party takes the stricter of that and its own setting, so that every two
/// parties agree through the coordinator.
struct AgreementRules: Sendable {
    /// Digits of a digest that a person reads.
    static let shownDigits = 16

    /// The setting `trust.agreement`.
    let agreement: ComponentAgreement

    init(_ settings: SiteSettings.Trust) {
        agreement = ComponentAgreement(rawValue: settings.agreement) ?? .version
    }

    /// Lays down in the contract which components this site has, and how much must agree.
    func offering(_ job: Job, from catalogue: Catalogue) -> Job {
        var job = job
        job.parameters.agreement = agreement
        job.parameters.components = [:]
        for task in job.tasks {
            let provider = task.provider.map { $0.split(separator: "@", maxSplits: 1).map(String.init) } ?? []
            let entry = try? catalogue.find(
                task.module, provider: provider.first, version: provider.count > 1 ? provider[1] : nil)
            if let entry { job.parameters.components[task.name] = ComponentIdentity(entry) }
        }
        return job
    }

    /// Why a party cannot run a task with what it has; nil when it can.
    func flaw(_ task: JobTask, _ job: Job, has entry: CatalogueEntry, at party: Party) -> Failure? {
        let wanted = max(agreement, job.parameters.agreement)
        let own = ComponentIdentity(entry)
        let what: String
        if let offered = job.parameters.components[task.name] {
            guard !own.agrees(with: offered, on: wanted) else { return nil }
            what =
                "\(task.module) is not the same at \(job.initiator.text) and \(party.text): "
                + "\(job.initiator.text) has \(Self.words(offered, wanted)), \(party.text) has \(Self.words(own, wanted))"
        } else {
            // A site of an earlier release does not say what it has. That its messages have the same form is found
            // when they are sent; that its binary is the same is not.
            guard wanted == .binary else { return nil }
            what =
                "\(job.initiator.text) does not say which \(task.module) it has; "
                + "\(party.text) has \(Self.words(own, wanted))"
        }
        return Failure(
            .refused, what, party: party, task: task.name, field: "dsl.components.\(task.name).module",
            advice: Self.advice(wanted))
    }

    private static func words(_ identity: ComponentIdentity, _ wanted: ComponentAgreement) -> String {
        let library = wanted == .binary ? ", library \(identity.library.prefix(shownDigits))" : ""
        return "\(identity.plugin)@\(identity.version) (contract \(identity.contract.prefix(shownDigits))\(library))"
    }

    private static func advice(_ wanted: ComponentAgreement) -> String {
        switch wanted {
        case .contract: "Install versions with the same contract at both"
        case .version: "Install the same version at both, or let trust.agreement ask for the contract alone"
        case .binary: "Install the same library at both; trust.agreement asks for it"
        }
    }
}

extension ComponentIdentity {
    init(_ entry: CatalogueEntry) {
        self.init(
            plugin: entry.pluginID, version: entry.pluginVersion,
            contract: Digest.hexadecimal(of: entry.component.contract), library: entry.pluginDigest)
    }
}
