import Foundation

/// What a site must not hold when its jobs have ended.
extension FaultSite {
    func leaks() throws -> [String] {
        let status = try call("GET", "/api/site").object
        guard let resources = status["resources"] as? [String: Any], let cores = resources["coresHeld"] as? Int,
            let bytes = resources["memoryBytesHeld"] as? Int, let federation = status["federation"] as? [String: Any],
            let mailboxes = federation["mailboxes"] as? Int, let messages = federation["messagesKept"] as? Int
        else { throw FaultFailure("\(plan.name) does not say what it holds: \(status)") }
        var leaks: [String] = []
        if cores != 0 || bytes != 0 { leaks.append("held: \(cores) cores, \(bytes) bytes") }
        if mailboxes != 0 || messages != 0 { leaks.append("\(mailboxes) mailboxes, \(messages) messages") }
        leaks += workers.map { "worker \($0.pid) in \($0.folder)" }
        leaks += leftFiles
        leaks += openSpoolFiles.map { "spool file \($0)" }
        return leaks
    }

    /// Files that belong to no job and no table with a name.
    func leaksAfterCleaning() throws -> [String] {
        let named = try call("GET", "/api/tables").list.count
        var leaks: [String] = []
        let tables = entries("tables")
        if tables.count != named { leaks.append("\(named) tables have names, there are \(tables.sorted())") }
        for folder in ["models", "jobs", "uploads"] { leaks += entries(folder).map { "\(folder)/\($0)" } }
        return leaks
    }

    private func entries(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(home)/\(folder)")) ?? []
    }

    /// Scratch folders and uploads, which no ended job needs.
    private var leftFiles: [String] {
        let jobs = URL(filePath: home + "/jobs").resolvingSymlinksInPath().path
        guard let walk = FileManager.default.enumerator(atPath: jobs) else { return [] }
        var left: [String] = []
        for case let path as String in walk where path.hasSuffix("/scratch") {
            walk.skipDescendants()
            left.append("scratch folder \(path)")
        }
        return left + entries("uploads").map { "upload \($0)" }
    }

    /// Payloads of mailboxes that the server still holds; they are files without a name.
    private var openSpoolFiles: [String] {
        guard let process else { return [] }
        let folder = "/proc/\(process)/fd"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }.filter { $0.contains("/payload-") }
    }

    /// The job's event log here. The job must have ended.
    func events(of job: String) throws -> [[String: Any]] {
        let answer = try call("GET", "/api/jobs/\(job)/events")
        guard answer.isGood, let text = answer.body as? String else {
            throw FaultFailure("the events of \(job) at \(plan.name): \(answer.body)")
        }
        return text.split(separator: "\n").filter { $0.hasPrefix("data: {\"") }.compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any]
        }
    }
}
