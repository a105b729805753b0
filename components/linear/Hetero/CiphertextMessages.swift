import NornCrypto
import NornKit

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
