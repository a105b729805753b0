import Foundation
import NornManifest
import NornSite

/// What the demo sets up: sites, parties, tables and the job.
struct DemoPlan: Sendable {
    static let guest = "9999"
    static let arbiter = "10001"
    static let namespace = "example"

    struct SitePlan: Sendable {
        var name: String
        var parties: [String]
        var title: String
    }

    struct Upload: Sendable {
        var file: String
        var table: String
        var party: String
        /// Whose jobs may read it; nil for its owner's alone.
        var grantTo: String?
    }

    let hosts: [String]
    let oneSite: Bool
    let engine: String?

    init(hosts: Int, oneSite: Bool, engine: String?) {
        self.hosts = hosts == 2 ? ["10000", "10002"] : ["10000"]
        self.oneSite = oneSite
        self.engine = engine
    }

    var sites: [SitePlan] {
        let all = [Self.guest] + hosts + [Self.arbiter]
        if oneSite { return [SitePlan(name: "all", parties: all, title: "all parties \(all.joined(separator: ", "))")] }
        return [SitePlan(name: "guest", parties: [Self.guest], title: "guest \(Self.guest)")]
            + hosts.map { SitePlan(name: "host\($0)", parties: [$0], title: "host \($0)") }
            + [SitePlan(name: "arbiter", parties: [Self.arbiter], title: "arbiter \(Self.arbiter)")]
    }

    var uploads: [Upload] {
        let ofHosts =
            hosts.count == 1
            ? ["breast_host"] : hosts.indices.map { "breast_host_\($0 + 1)" }
        return [Upload(file: "breast_guest.csv", table: "breast_guest", party: Self.guest, grantTo: nil)]
            + zip(hosts, ofHosts).map { party, table in
                Upload(file: "\(table).csv", table: table, party: party, grantTo: Self.guest)
            }
    }

    /// The job of FATE's own flow test, with this plan's hosts and engine.
    func submission(examples: URL) throws -> JSON {
        let dsl = try readJSON(examples.appending(path: "breast_lr_dsl.json").path, "dsl")
        let conf = try readJSON(examples.appending(path: "breast_lr_conf.json").path, "conf")
        guard var conf = conf.asObject, var roles = conf["role"]?.asObject,
            var parameters = conf["component_parameters"]?.asObject, var ofRoles = parameters["role"]?.asObject,
            let first = ofRoles["host"]?["0"]?.asObject
        else { throw SiteError("file_not_read", "The example job of this installation is damaged") }
        roles["host"] = .array(hosts.compactMap { Int($0) }.map { .int($0) })
        conf["role"] = .object(roles)
        var ofHosts = JSONObject()
        for (index, upload) in uploads.dropFirst().enumerated() {
            var own = first
            own["reader_0"] = ["table": ["name": .string(upload.table), "namespace": .string(Self.namespace)]]
            ofHosts[String(index)] = .object(own)
        }
        ofRoles["host"] = .object(ofHosts)
        parameters["role"] = .object(ofRoles)
        conf["component_parameters"] = .object(parameters)
        if let engine { conf["job_parameters"] = ["common": ["computing_engine": .string(engine)]] }
        return ["dsl": dsl, "conf": .object(conf)]
    }
}
