import CNornCrypto
import Testing

@testable import NornCrypto

private func messages(_ count: Int) -> Messages {
    var messages = Messages()
    for index in 0..<count { messages.append(Array("id-\(index)".utf8)) }
    return messages
}

@Suite struct ResidueGroupTests {
    @Test(arguments: [1024, 2048]) func secretPowersCommute(bits: Int) throws {
        let group = try ResidueGroup(safePrimeBits: bits)
        let hashes = try group.hash(messages(19), method: .sha256, prefix: [1])
        let first = try GroupExponent()
        let second = try GroupExponent()
        let one = try second.power(first.power(hashes, in: group), in: group, on: ThreadLoop(width: 2))
        let other = try first.power(second.power(hashes, in: group), in: group)
        #expect(one == other)
        #expect(one != hashes)
        let kept = try GroupExponent(bytes: first.bytes)
        #expect(try kept.power(hashes, in: group) == first.power(hashes, in: group))
        _ = try group.residues(checking: one.bytes)
    }

    @Test func hashesDependOnMessagePrefixAndMethod() throws {
        let group = try ResidueGroup(safePrimeBits: 1024)
        var all: Set<[UInt64]> = []
        for method in DigestMethod.allCases {
            for prefix in [[UInt8](), [1]] {
                let hashes = try group.hash(messages(5), method: method, prefix: prefix)
                for index in 0..<5 { all.insert(Array(hashes.limbs[index * 16..<(index + 1) * 16])) }
            }
        }
        #expect(all.count == DigestMethod.allCases.count * 10)
    }

    @Test func residuesOutsideTheGroupAreRefused() throws {
        let group = try ResidueGroup(safePrimeBits: 1024)
        func bytes(_ low: UInt8, _ rest: UInt8 = 0) -> [UInt8] { [low] + [UInt8](repeating: rest, count: 127) }
        // 0, 1, 2^1024 - 1 (above the prime); -1 modulo the prime is no square, nor is a prime's -4.
        for bad in [bytes(0), bytes(1), bytes(255, 255)] {
            #expect(throws: CryptoError.badPoint(index: 0)) { try group.residues(checking: bad) }
        }
        #expect(throws: CryptoError.self) { try group.residues(checking: [1, 2, 3]) }
        _ = try group.residues(checking: bytes(4))
        // Of a square x the negative p - x is none: -1 is no square modulo a safe prime.
        var prime = [UInt64](repeating: 0, count: 16)
        try CryptoError.check(norn_safe_prime(1024, &prime))
        prime[0] -= 4
        #expect(throws: CryptoError.badPoint(index: 0)) {
            try group.residues(checking: prime.withUnsafeBytes(Array.init))
        }
    }

    @Test(arguments: [1024, 1152, 2048]) func blindSignaturesAreSignatures(bits: Int) throws {
        let signer = try BlindSigner(bits: bits)
        let group = try ResidueGroup(checkingModulus: signer.modulus)
        let hashes = try group.hash(messages(11), method: .sha256, prefix: [])
        let blinding = try Blinding(hashes, in: group, on: ThreadLoop(width: 2))
        let again = try Blinding(hashes, in: group)
        #expect(blinding.blinded != again.blinded)
        let signed = try signer.sign(group.residues(checking: blinding.blinded.bytes), in: group)
        let signatures = try blinding.signatures(from: signed, in: group)
        #expect(try signatures == signer.sign(hashes, in: group))
        #expect(try BlindSigner(primes: signer.primes).sign(hashes, in: group) == signatures)
        #expect(throws: CryptoError.badPoint(index: 0)) {
            try blinding.signatures(from: blinding.blinded, in: group)
        }
    }

    @Test func dishonestModuliAreRefused() throws {
        let prime = try ResidueGroup(safePrimeBits: 1024)
        var limbs = [UInt64](repeating: 0, count: prime.width)
        try CryptoError.check(norn_safe_prime(1024, &limbs))
        let bytes = limbs.withUnsafeBytes(Array.init)
        #expect(throws: CryptoError.badKey) { try ResidueGroup(checkingModulus: bytes) }
        #expect(throws: CryptoError.badKey) { try ResidueGroup(checkingModulus: [bytes[0] - 1] + bytes.dropFirst()) }
        #expect(throws: CryptoError.keySize(bits: 512)) { try ResidueGroup(checkingModulus: Array(bytes[..<64])) }
        #expect(throws: CryptoError.badKey) {
            try ResidueGroup(checkingModulus: [UInt8](repeating: 255, count: 128))
        }
    }

    @Test func digestsAreThePublishedOnes() throws {
        var abc = Messages()
        abc.append(Array("abc".utf8))
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        // FIPS 180-4's and GB/T 32905's examples.
        #expect(hex(try DigestMethod.sha256.digests(of: abc)).hasPrefix("ba7816bf8f01cfea414140de5dae2223"))
        #expect(hex(try DigestMethod.sm3.digests(of: abc)).hasPrefix("66c7f0f462eeedd9d1f2d46bdc10e4e2"))
        #expect(
            hex(try DigestMethod.sha256.digests(of: Messages(Array("c".utf8), bytesEach: 1), prefix: Array("ab".utf8)))
                .hasPrefix("ba7816bf"))
    }
}
