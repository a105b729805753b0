import NornKit

/// FATE's IntersectParam with its names and defaults, but for keys of 2048 bits instead of 1024.
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
    var keyLength = 2048
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
    var keyLength = 2048

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
