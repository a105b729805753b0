import NornFlow
import NornManifest

/// Return codes of FATE-Flow 1.11's HTTP API. Its clients only ask whether a code is 0; people read the others.
public enum V1Code: Int, Sendable, Hashable, CaseIterable {
    case success = 0
    case notEffective = 10
    case exception = 100
    case argument = 101
    case data = 102
    case operating = 103
    case federated = 104
    case connection = 105
    case running = 106
    case incompatibleVersion = 107
    case permission = 108
    case authentication = 109
    /// Also an HTTP status: there is nothing to download. A client that tests for 200 then reads the JSON.
    case nothingToDownload = 210
    case badRequest = 400
    case notFound = 404
    case conflict = 409
    case server = 500
}

/// What every route of `/v1` answers, unless it answers a file.
public struct V1Reply: Hashable, Sendable {
    public var code: V1Code
    public var message: String
    public var data: JSON?
    public var job: JobID?
    public var meta: JSON?

    public init(
        _ data: JSON? = nil, message: String = "success", job: JobID? = nil, meta: JSON? = nil,
        code: V1Code = .success
    ) {
        self.code = code
        self.message = message
        self.data = data
        self.job = job
        self.meta = meta
    }

    /// The envelope; members without a value are left out, as FATE-Flow does.
    public var json: JSON {
        var object: JSONObject = ["retcode": .int(code.rawValue), "retmsg": .string(message)]
        if let data, !data.isNull { object["data"] = data }
        if let job { object["jobId"] = .string(job) }
        if let meta, !meta.isNull { object["meta"] = meta }
        return .object(object)
    }
}
