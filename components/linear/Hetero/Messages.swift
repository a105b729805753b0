import NornCrypto
import NornKit
import NornMath

/// What the guest tells all before anything else: which stages this task has.
struct Plan: Codable, Sendable {
    static let mostRows = 1 << 31
    var trains: Bool
    /// predictions that follow training, or that are all there is: "train", "validate", "predict"
    var predictions: [String]
    /// rows and a digest of the ids of the table to train on
    var rows: Int
    var digest: [UInt8]
    var batchSize: Int?
    var shuffles: Bool

    enum CodingKeys: String, CodingKey {
        case trains, predictions, rows, digest, shuffles
        case batchSize = "batch_size"
    }

    /// How every party cuts the rows: no sum is over so few of them that it tells a row.
    var batches: Batches {
        Batches(rows: rows, size: batchSize, smallest: HeteroLRParameters.smallestBatch)
    }

    /// Refuses a plan that is not what this party's own parameters say: a guest must not be able to ask for sums over
    /// single rows.
    func check(_ parameters: HeteroLRParameters, from guest: Party) throws {
        guard (parameters.batchSize == -1 ? nil : parameters.batchSize) == batchSize,
            shuffles == (parameters.shuffle && batches.count > 1)
        else {
            throw ComponentError.peer(
                guest, "its batches are not those of this party's batch_size and shuffle: give all parties the same")
        }
        guard rows >= HeteroLRParameters.smallestBatch else {
            throw ComponentError.peer(guest, "it trains on \(rows) rows: sums over so few tell what is in them")
        }
    }

    /// What the arbiter is told: it needs no digest of the ids.
    var withoutDigest: Plan {
        var plan = self
        plan.digest = []
        return plan
    }
}

/// What a party tells the arbiter about its weights.
struct WeightShape: Codable, Sendable {
    static let mostWeights = 1 << 20
    var weights: Int
}

/// What the arbiter says after an epoch.
struct EpochEnd: Codable, Sendable {
    var stops: Bool
    /// to the guest only
    var loss: Double?
}

enum MessageName {
    static let plan = "plan"
    static let publicKey = "public_key"
    static let weightShape = "weight_shape"
    static let batchRows = "batch_rows"
    static let hostForward = "host_forward"
    static let residual = "residual"
    static let hostLoss = "host_loss"
    static let loss = "loss"
    static let gradient = "gradient"
    static let step = "step"
    static let epochEnd = "epoch_end"
    static let predictionIDs = "prediction_ids"
    static let hostScore = "host_score"
}

/// Ciphertexts travel in objects of at most this many, so that no message is larger than 8 MiB with 4096-bit keys.
private let ciphertextsPerMessage = 8192

extension Federation {
    func send(_ ciphertexts: PaillierCiphertexts, name: String, tag: String, to party: Party) async throws {
        for (part, start) in stride(from: 0, to: ciphertexts.count, by: ciphertextsPerMessage).enumerated() {
            let end = min(ciphertexts.count, start + ciphertextsPerMessage)
            let bytes = start == 0 && end == ciphertexts.count ? ciphertexts.bytes : ciphertexts.rows(start..<end).bytes
            try await sendBytes(bytes, name: name, tag: "\(tag).\(part)", to: party)
        }
    }

    /// All are announced at once, so that they travel while this party computes.
    func expectCiphertexts(_ count: Int, name: String, tag: String, from party: Party) throws -> ExpectedCiphertexts {
        let parts = (count + ciphertextsPerMessage - 1) / ciphertextsPerMessage
        return ExpectedCiphertexts(
            count: count, party: party, name: name,
            parts: try (0..<parts).map { try expect(name: name, tag: "\(tag).\($0)", from: party) })
    }
}

/// Ciphertexts of a peer that are on their way.
struct ExpectedCiphertexts {
    let count: Int
    let party: Party
    let name: String
    let parts: [Expectation]

    /// Checks every ciphertext.
    func arrived(_ key: PaillierPublicKey, on loop: ThreadLoop) async throws -> PaillierCiphertexts {
        var all = key.noCiphertexts
        for (index, part) in parts.enumerated() {
            let expected = min(ciphertextsPerMessage, count - index * ciphertextsPerMessage)
            let bytes = try await part.bytes()
            do {
                all.append(try key.ciphertexts(bytes: bytes, expected: expected, on: loop))
            } catch {
                throw ComponentError.peer(party, "its \(name) is refused: \(error)")
            }
        }
        return all
    }
}

extension [Key] {
    /// A digest of ids in order, by which parties see that they hold the same rows.
    var digest: [UInt8] {
        get throws {
            var bytes: [UInt8] = []
            for key in self {
                let encoded = key.encoded
                bytes.append(UInt8(truncatingIfNeeded: encoded.count))
                bytes.append(UInt8(truncatingIfNeeded: encoded.count >> 8))
                bytes += encoded
            }
            return try SHA512.digest(bytes)
        }
    }
}
