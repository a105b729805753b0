import Foundation
import NornFlow
import NornStore

/// Which tasks of an earlier job stand for those of a new one, as FATE's inheritance has it: they succeeded there, with
/// the same component, provider, inputs, outputs and parameters, and so did all that feeds them; their data is there.
struct InheritanceRules: Sendable {
    static let field = "conf.job_parameters.common.inheritance_info"

    let store: any Store

    func coordinator(_ job: JobID) async throws -> Coordinator? {
        try await HeartRows.coordinator(job, in: store)?.value
    }

    /// What the earlier job offers; throws when it cannot be inherited as the job says.
    func check(_ job: Job) async throws -> Coordinator? {
        guard let inheritance = job.parameters.inheritance else { return nil }
        guard let source = try await coordinator(inheritance.job) else {
            throw Self.refusal("There is no job \(inheritance.job) of this site", "\(Self.field).job_id")
        }
        guard source.phase == .ended else {
            throw Self.refusal("The job \(inheritance.job) has not ended", "\(Self.field).job_id")
        }
        guard source.job.initiator == job.initiator, source.job.parties == job.parties else {
            throw Self.refusal(
                "The job \(inheritance.job) has other parties, so nothing of it can be inherited", "conf.role")
        }
        for name in inheritance.tasks {
            guard let status = source.tasks[name]?.status else {
                throw Self.refusal("The job \(inheritance.job) has no task \(name)")
            }
            guard status == .success else {
                throw Self.refusal("The task \(name) of the job \(inheritance.job) ended as \(status.rawValue)")
            }
            if let flaw = Self.difference(name, job, source.job, at: nil) { throw Self.refusal(flaw) }
        }
        return source
    }

    private static func refusal(_ message: String, _ field: String = "\(field).component_list") -> SiteError {
        SiteError("inheritance_not_valid", message, field: field, hint: "Take it out of inheritance_info")
    }

    /// In what a task of two jobs differs, at one party or at all.
    static func difference(_ name: String, _ job: Job, _ source: Job, at party: Party?) -> String? {
        guard let new = job.task(named: name), let old = source.task(named: name) else {
            return "The job \(source.id) has no task \(name)"
        }
        func differs(_ what: String) -> String { "The task \(name) had other \(what) in the job \(source.id)" }
        if new.module != old.module { return differs("components") }
        if new.provider != old.provider { return differs("providers") }
        if new.parties != old.parties { return differs("parties") }
        if new.inputs != old.inputs { return differs("inputs") }
        if new.outputs != old.outputs { return differs("outputs") }
        for place in new.parties where party == nil || party == place {
            if new.parameters[place] != old.parameters[place] { return differs("parameters at \(place.text)") }
        }
        return nil
    }

    /// The tasks that are inherited: those of the list whose data is here and whose feeders are all inherited too.
    func inherited(_ job: Job, isLocal: (Party) -> Bool) async throws -> [String: InheritedTask] {
        guard let inheritance = job.parameters.inheritance, let source = try? await check(job) else { return [:] }
        let graph = Graph(job.tasks)
        var found: [String: InheritedTask] = [:]
        for name in graph.topologicalOrder() ?? [] where inheritance.tasks.contains(name) {
            guard graph.upstream(of: name).allSatisfy({ found[$0] != nil }), let task = job.task(named: name),
                let origin = Self.origin(of: name, in: source)
            else { continue }
            let parties = task.parties.filter(isLocal)
            if try await hasData(task, origin, at: parties) { found[name] = origin }
        }
        return found
    }

    /// The job and attempt that ran it, also over several inheritances.
    private static func origin(of name: String, in source: Coordinator) -> InheritedTask? {
        guard let state = source.tasks[name] else { return nil }
        if let inherited = state.inherited { return inherited }
        return state.attempts.lastIndex { $0.status == .success }.map { InheritedTask(job: source.job.id, attempt: $0) }
    }

    private func hasData(_ task: JobTask, _ origin: InheritedTask, at parties: [Party]) async throws -> Bool {
        guard !task.outputs.isEmpty, !parties.isEmpty else { return true }
        let artifacts = try await store.artifacts(job: origin.job).filter {
            $0.task == task.name && $0.attempt == origin.attempt
        }
        return !artifacts.isEmpty && artifacts.allSatisfy { FileManager.default.fileExists(atPath: $0.path) }
    }

    // MARK: At a party that does not coordinate

    /// Why a party's own part of an earlier job cannot be inherited by this one; nil when it can. Its own row of that
    /// job counts, not what others say: nobody reaches the data of another initiator's job by naming it.
    func flaw(_ job: Job, at party: Party) async throws -> Failure? {
        guard let inheritance = job.parameters.inheritance else { return nil }
        func failure(_ what: String) -> Failure {
            Failure(.refused, what, party: party, field: Self.field, advice: "Take it out of inheritance_info")
        }
        let key = MemberKey(job: inheritance.job, party: party)
        guard let member = try await HeartRows.member(key, in: store), member.job.initiator == job.initiator else {
            return failure("\(party.text) has no job \(inheritance.job) of \(job.initiator.text)")
        }
        for name in inheritance.tasks where job.task(named: name)?.parties.contains(party) == true {
            if let what = Self.difference(name, job, member.job, at: party) { return failure(what) }
        }
        return nil
    }
}

/// Tells the heart which tasks of a job are inherited.
final class InheritanceLookUp: Sendable {
    private let rules: InheritanceRules
    private let isLocal: @Sendable (Party) -> Bool
    private let tell = TellHeart()

    init(rules: InheritanceRules, isLocal: @escaping @Sendable (Party) -> Bool) {
        self.rules = rules
        self.isLocal = isLocal
    }

    func report(to driver: HeartDriver) { tell.set(driver) }

    func start(_ id: JobID) {
        Task {
            let job = try? await rules.coordinator(id)?.job
            var found: [String: InheritedTask] = [:]
            if let job { found = (try? await rules.inherited(job, isLocal: isLocal)) ?? [:] }
            tell.put(.coordinator(id, .inherited(found)))
        }
    }
}
