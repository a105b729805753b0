import NornFlow
import NornManifest

/// Reads what a job has to do with other jobs: `depends_on` (Norn's own key) and FATE's `inheritance_info`.
struct JobRelations {
    static let dependenciesMaximum = 64
    static let idBytesMaximum = 64

    var findings = Findings()

    /// Jobs that have to end as success before this one begins.
    mutating func dependencies(_ json: JSON?, at field: String) -> [JobID] {
        guard let json, !json.isNull else { return [] }
        let list = json.asArray ?? [json]
        guard list.count <= Self.dependenciesMaximum else {
            findings.refuse(
                .limit, at: field, "a job depends on at most \(Self.dependenciesMaximum) others", "Name fewer.")
            return []
        }
        var ids: [JobID] = []
        for (index, element) in list.enumerated() {
            if let id = jobID(element, at: "\(field)[\(index)]"), !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    /// Tasks that an earlier job has done: `{"job_id": …, "component_list": […]}`.
    mutating func inheritance(_ json: JSON?, at field: String) -> Inheritance? {
        guard let json, !json.isNull, json != [:] else { return nil }
        guard let object = json.asObject else {
            findings.refuse(
                .jobParameter, at: field, "the inheritance is not an object",
                "Write {\"job_id\": \"…\", \"component_list\": [\"reader_0\"]}.")
            return nil
        }
        let job = jobID(object["job_id"] ?? .null, at: "\(field).job_id")
        guard let list = object["component_list"]?.asArray, !list.isEmpty else {
            findings.refuse(
                .jobParameter, at: "\(field).component_list", "the inheritance names no components",
                "Name the components of the earlier job that need not run again.")
            return nil
        }
        var tasks: [String] = []
        for (index, element) in list.enumerated() {
            guard let name = element.asString else {
                findings.refuse(
                    .jobParameter, at: "\(field).component_list[\(index)]", "a component is not named by a text",
                    "Name it as the DSL does.")
                continue
            }
            if !tasks.contains(name) { tasks.append(name) }
        }
        return job.map { Inheritance(job: $0, tasks: tasks) }
    }

    private mutating func jobID(_ json: JSON, at field: String) -> JobID? {
        let text = json.asString ?? json.asInt.map { String($0) } ?? ""
        let isID = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !text.isEmpty, isID, text.utf8.count <= Self.idBytesMaximum else {
            findings.refuse(.jobParameter, at: field, "a job is not named by its id", "norn job list shows the ids.")
            return nil
        }
        return text
    }
}

/// Reads how long tasks may take: `task_timeout` for all, `task_conf.<component>.timeout` for one. Both are Norn's own;
/// FATE 1.11 keeps launchers in `task_conf`, FATE 2.2 has timeouts of tasks.
struct TaskTimeouts {
    var common: Int?
    var own: [String: Int] = [:]

    func seconds(of task: String) -> Int? { own[task] ?? common }
}
