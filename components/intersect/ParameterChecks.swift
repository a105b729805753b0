import NornCrypto
import NornKit

extension IntersectionParameters {
    static let methods = ["ecdh", "rsa", "dh", "raw"]
    static let hashMethods = ["sha256", "sha384", "sha512", "sm3"]
    static let recommendedBits = 2048
    static let largestFalsePositiveRate = 0.5

    /// What is computed: `raw` shows hashed ids and is replaced.
    var protocolMethod: IntersectionMethod {
        let asked = (cardinalityOnly ? cardinalityMethod : method).lowercased()
        return IntersectionMethod(rawValue: asked) ?? .ecdh
    }

    var joinsLeft: Bool { joinMethod == "left_join" }

    static func knownKeyBits(_ method: IntersectionMethod) -> [Int] {
        switch method {
        case .ecdh: [255]
        case .dh: ResidueGroup.safePrimeBits
        case .rsa: Array(stride(from: 1024, through: 4096, by: 128))
        }
    }

    func validate() throws {
        try require(
            Self.methods.contains(method.lowercased()), "intersect_method", "\(method) is not one of ecdh, dh, rsa, raw"
        )
        try require(
            ["ecdh", "rsa", "dh"].contains(cardinalityMethod.lowercased()), "cardinality_method",
            "\(cardinalityMethod) is not one of ecdh, dh, rsa")
        try require(
            ["inner_join", "left_join"].contains(joinMethod), "join_method",
            "\(joinMethod) is not one of inner_join, left_join")
        for (field, role) in [
            ("join_role", joinRole), ("sample_id_generator", sampleIDGenerator), ("repeated_id_owner", repeatedIDOwner),
            ("info_owner", infoOwner), ("intersect_preprocess_params.filter_owner", preprocess.filterOwner),
        ] {
            try require(["guest", "host"].contains(role), field, "\(role) is not one of guest, host")
        }
        try require(!allowInfoShare, "allow_info_share", "is refused: rows never leave their party")
        try checkMethods()
        try checkStages()
        try checkPreprocess()
    }

    private func checkMethods() throws {
        try require(
            ecdh.curve.lowercased() == "curve25519", "ecdh_params.curve", "\(ecdh.curve) is not curve25519")
        try checkHash(ecdh.hashMethod, "ecdh_params.hash_method")
        try checkHash(dh.hashMethod, "dh_params.hash_method", more: ["sha224"])
        try checkHash(rsa.hashMethod, "rsa_params.hash_method")
        try checkHash(rsa.finalHashMethod, "rsa_params.final_hash_method")
        for (field, method, bits) in [
            ("rsa_params.key_length", IntersectionMethod.rsa, rsa.keyLength),
            ("dh_params.key_length", .dh, dh.keyLength),
        ] {
            let known = Self.knownKeyBits(method)
            try require(
                known.contains(bits), field,
                method == .rsa
                    ? "\(bits) is no multiple of 128 from 1024 to 4096"
                    : "for \(bits) bits there is no published safe prime: take one of \(known.map(String.init).joined(separator: ", "))"
            )
        }
        try require(randomBit > 0, "random_bit", "\(randomBit) is not positive")
        try require(rsa.randomBit > 0, "rsa_params.random_bit", "\(rsa.randomBit) is not positive")
        if let fraction = rsa.randomBaseFraction {
            try require(
                fraction > 0 && fraction <= 1, "rsa_params.random_base_fraction",
                "\(fraction) is not above 0 and at most 1")
        }
    }

    private func checkHash(_ method: String, _ field: String, more: [String] = []) throws {
        let known = Self.hashMethods + more
        try require(
            known.contains(method.lowercased()), field,
            "\(method) is not one of \(known.joined(separator: ", ")); md5 and sha1 are broken, and ids without a hash are "
                + "no elements of the group")
    }

    /// What cannot be done together.
    private func checkStages() throws {
        try require(
            !(splitsCalculation && (runCache || cardinalityOnly)), "rsa_params.split_calculation",
            "does not go with run_cache or cardinality_only: of the half that the guest signs nothing can be kept")
        try require(!(runCache && cardinalityOnly), "run_cache", "does not go with cardinality_only")
        try require(!(runCache && runPreprocess), "run_cache", "does not go with run_preprocess: a cache is of all ids")
        try require(
            !joinsLeft || syncsIDs, "join_method", "left_join needs sync_intersect_ids: all parties get the same rows")
        try require(
            !joinsLeft || !runPreprocess || preprocess.filterOwner == sampleIDGenerator, "join_method",
            "left_join keeps all rows of sample_id_generator, so that the filter has to be of the same party")
        try require(
            sampleIDGenerator == "guest" || syncsIDs, "sample_id_generator",
            "host needs sync_intersect_ids: else the host does not know of which ids it gives the keys")
    }

    private func checkPreprocess() throws {
        let field = "intersect_preprocess_params"
        let rate = preprocess.falsePositiveRate
        try require(
            rate > 0 && rate <= Self.largestFalsePositiveRate, "\(field).false_positive_rate",
            "\(rate) is not above 0 and at most \(Self.largestFalsePositiveRate)")
        try checkHash(preprocess.preprocessMethod, "\(field).preprocess_method", more: ["sha224"])
    }

    private func require(_ isRight: Bool, _ field: String, _ what: String) throws {
        if !isRight { throw ComponentError.invalid(field: field, what) }
    }

    /// What a job is told: options that weaken what is hidden. Those without effect the site tells, from the manifest.
    var warnings: [String] {
        var warnings: [String] = []
        func warn(_ isAsked: Bool, _ text: String) { if isAsked { warnings.append("[WARN] " + text) } }
        let bits = protocolMethod == .rsa ? rsa.keyLength : dh.keyLength
        warn(
            !cardinalityOnly && method.lowercased() == "raw",
            "intersect_method raw is replaced by ecdh: the same result, and ids are better protected.")
        warn(
            protocolMethod != .ecdh && bits < Self.recommendedBits,
            "key_length of \(protocolMethod.rawValue)_params is \(bits): such keys can be broken; take "
                + "\(Self.recommendedBits).")
        warn(
            runPreprocess,
            "run_preprocess lets the other side test any id against the filter of the \(preprocess.filterOwner), right up "
                + "to false_positive_rate.")
        warn(
            joinsLeft,
            "join_method left_join shows all sample ids of the \(sampleIDGenerator) to the other parties.")
        warn(
            cardinalityOnly && protocolMethod == .rsa,
            "cardinality_method rsa estimates, and the guest could tell which of its ids a host perhaps has; take ecdh or dh."
        )
        return warnings
    }
}
