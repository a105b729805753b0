import NornKit

/// FATE's IntersectParam with its names and defaults. One protocol serves: X25519 (`ecdh`); what this version does not do
/// is accepted at its default and refused by name otherwise.
struct IntersectionParameters: ComponentParameters {
    var method = "rsa"
    var randomBit = 128
    var syncsIDs = true
    var joinRole = "guest"
    var outputsOnlyKeys = false
    var withEncode = false
    var encode = EncodeParameters()
    var raw = RawParameters()
    var rsa = RSAParameters()
    var dh = DHParameters()
    var ecdh = ECDHParameters()
    var joinMethod = "inner_join"
    var newSampleID = false
    var sampleIDGenerator = "guest"
    var cache = IntersectCache()
    var runCache = false
    var cardinalityOnly = false
    var syncCardinality = false
    var cardinalityMethod = "ecdh"
    var runPreprocess = false
    var preprocess = PreprocessParameters()
    var repeatedIDProcess = false
    var repeatedIDOwner = "guest"
    var withSampleID = false
    var allowInfoShare = false
    var infoOwner = "guest"

    enum CodingKeys: String, CodingKey {
        case method = "intersect_method"
        case randomBit = "random_bit"
        case syncsIDs = "sync_intersect_ids"
        case joinRole = "join_role"
        case outputsOnlyKeys = "only_output_key"
        case withEncode = "with_encode"
        case encode = "encode_params"
        case raw = "raw_params"
        case rsa = "rsa_params"
        case dh = "dh_params"
        case ecdh = "ecdh_params"
        case joinMethod = "join_method"
        case newSampleID = "new_sample_id"
        case sampleIDGenerator = "sample_id_generator"
        case cache = "intersect_cache_param"
        case runCache = "run_cache"
        case cardinalityOnly = "cardinality_only"
        case syncCardinality = "sync_cardinality"
        case cardinalityMethod = "cardinality_method"
        case runPreprocess = "run_preprocess"
        case preprocess = "intersect_preprocess_params"
        case repeatedIDProcess = "repeated_id_process"
        case repeatedIDOwner = "repeated_id_owner"
        case withSampleID = "with_sample_id"
        case allowInfoShare = "allow_info_share"
        case infoOwner = "info_owner"
    }
}

struct EncodeParameters: Codable, Sendable {
    var salt = ""
    var method = "none"
    var base64 = false

    enum CodingKeys: String, CodingKey {
        case salt, base64
        case method = "encode_method"
    }
}

struct RawParameters: Codable, Sendable {
    var usesHash = false
    var salt = ""
    var hashMethod = "none"
    var base64 = false
    var joinRole = "guest"

    enum CodingKeys: String, CodingKey {
        case salt, base64
        case usesHash = "use_hash"
        case hashMethod = "hash_method"
        case joinRole = "join_role"
    }
}

struct RSAParameters: Codable, Sendable {
    var salt = ""
    var hashMethod = "sha256"
    var finalHashMethod = "sha256"
    var splitCalculation = false
    var randomBaseFraction: Double?
    var keyLength = 1024
    var randomBit = 128

    enum CodingKeys: String, CodingKey {
        case salt
        case hashMethod = "hash_method"
        case finalHashMethod = "final_hash_method"
        case splitCalculation = "split_calculation"
        case randomBaseFraction = "random_base_fraction"
        case keyLength = "key_length"
        case randomBit = "random_bit"
    }
}

struct DHParameters: Codable, Sendable {
    var salt = ""
    var hashMethod = "sha256"
    var keyLength = 1024

    enum CodingKeys: String, CodingKey {
        case salt
        case hashMethod = "hash_method"
        case keyLength = "key_length"
    }
}

struct ECDHParameters: Codable, Sendable {
    var salt = ""
    var hashMethod = "sha256"
    var curve = "curve25519"

    enum CodingKeys: String, CodingKey {
        case salt, curve
        case hashMethod = "hash_method"
    }
}

struct IntersectCache: Codable, Sendable {
    var usesCache = false
    var idType = "phone"
    var encryptType = "sha256"

    enum CodingKeys: String, CodingKey {
        case usesCache = "use_cache"
        case idType = "id_type"
        case encryptType = "encrypt_type"
    }
}

struct PreprocessParameters: Codable, Sendable {
    var falsePositiveRate = 0.001
    var encryptMethod = "rsa"
    var hashMethod = "sha256"
    var preprocessMethod = "sha256"
    var preprocessSalt = ""
    var randomState: Int?
    var filterOwner = "guest"

    enum CodingKeys: String, CodingKey {
        case falsePositiveRate = "false_positive_rate"
        case encryptMethod = "encrypt_method"
        case hashMethod = "hash_method"
        case preprocessMethod = "preprocess_method"
        case preprocessSalt = "preprocess_salt"
        case randomState = "random_state"
        case filterOwner = "filter_owner"
    }
}

extension IntersectionParameters {
    static let methods = ["ecdh", "rsa", "raw"]
    static let hashMethods = ["sha256", "sha384", "sha512"]

    func validate() throws {
        func refuse(_ field: String, if isAsked: Bool, _ what: String) throws {
            if isAsked { throw ComponentError.invalid(field: field, "\(what) is not in this version of Intersection") }
        }
        try refuse(
            "intersect_method", if: !Self.methods.contains(method.lowercased()),
            "\(method) (but ecdh, and rsa and raw, which ecdh replaces)")
        try refuse("join_method", if: joinMethod != "inner_join", "\(joinMethod) (but inner_join)")
        try refuse("with_encode", if: withEncode, "encoding of ids")
        try refuse("run_cache", if: runCache, "the cache")
        try refuse("intersect_cache_param.use_cache", if: cache.usesCache, "the cache")
        try refuse("cardinality_only", if: cardinalityOnly, "the size of the intersection alone")
        try refuse("sync_cardinality", if: syncCardinality, "the size of the intersection alone")
        try refuse("run_preprocess", if: runPreprocess, "a filter before")
        try refuse("repeated_id_process", if: repeatedIDProcess, "work with repeated ids")
        try refuse("with_sample_id", if: withSampleID, "match ids beside sample ids")
        try refuse("new_sample_id", if: newSampleID, "new sample ids")
        try refuse("allow_info_share", if: allowInfoShare, "sharing of columns")
        try refuse("ecdh_params.curve", if: ecdh.curve.lowercased() != "curve25519", "\(ecdh.curve) (but curve25519)")
        try refuse(
            "ecdh_params.hash_method", if: !Self.hashMethods.contains(ecdh.hashMethod.lowercased()),
            "\(ecdh.hashMethod) (but sha256, sha384 and sha512, for all of which SHA-512 is used)")
    }
}
