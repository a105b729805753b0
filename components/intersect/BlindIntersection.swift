import NornCrypto
import NornKit

/// Blind signatures between two parties: the signer's key makes an id's token, and the asker gets the tokens of its own
/// ids without the signer seeing them. Full-domain hashes, and a fresh uniform blinding factor for each id.
struct BlindExchange {
    let context: IntersectionContext
    let settings: IntersectionSettings
    let ids: Identifiers

    // MARK: the signer's side

    func makeSigner(for askers: [Party]) async throws -> BlindSigner {
        let signer = try BlindSigner(bits: settings.keyBits)
        for asker in askers { try await send(signer, to: asker) }
        return signer
    }

    func send(_ signer: BlindSigner, to asker: Party) async throws {
        try await context.federation.sendBytes(signer.modulus, name: IntersectionMessage.publicKey, to: asker)
    }

    /// The tokens of own ids under the own key.
    func ownTokens(_ positions: ArraySlice<Int>, _ signer: BlindSigner) throws -> [UInt8] {
        let group = try ResidueGroup(checkingModulus: signer.modulus)
        var tokens: [UInt8] = []
        for range in blocks(positions.count, bytesEach: group.bytesEach) {
            try context.checkCancelled()
            let some = positions[positions.startIndex + range.lowerBound..<positions.startIndex + range.upperBound]
            let signatures = try signer.sign(try hashes(some, group), in: group, on: context.loop)
            tokens += try self.tokens(signatures, group)
            try context.tracking.progress(range.upperBound, of: positions.count, "own ids")
        }
        return tokens
    }

    /// Signs what an asker blinded.
    /// - Parameter count: of the asker's ids
    func sign(_ count: Int, of asker: Party, _ signer: BlindSigner) async throws {
        let group = try ResidueGroup(checkingModulus: signer.modulus)
        let arrivals = try expect(IntersectionMessage.blinded, count, bytesEach: group.bytesEach, from: asker)
        for (index, (range, message)) in arrivals.enumerated() {
            try context.checkCancelled()
            let block = try await message.bytes()
            let signed = try context.refusing(asker, "blinded ids") {
                let residues = try residues(block, range.count, group)
                return try signer.sign(residues, in: group, on: context.loop)
            }
            try await context.federation.sendBytes(
                signed.bytes, name: IntersectionMessage.signed, tag: "\(index)", to: asker)
            try context.tracking.progress(range.upperBound, of: count, "ids of \(asker)")
        }
    }

    // MARK: the asker's side

    /// A signer's modulus, checked; as long as the job says.
    func receiveKey(of signer: Party) async throws -> [UInt8] {
        try checked(
            try await context.federation.receiveBytes(name: IntersectionMessage.publicKey, from: signer), of: signer)
    }

    func checked(_ modulus: [UInt8], of signer: Party) throws -> [UInt8] {
        guard modulus.count * 8 == settings.keyBits else {
            throw ComponentError.peer(
                signer, "its key has \(modulus.count * 8) bits where rsa_params.key_length says \(settings.keyBits)")
        }
        return try context.refusing(signer, "public key") {
            _ = try ResidueGroup(checkingModulus: modulus)
            return modulus
        }
    }

    /// The tokens of own ids under a signer's key. Two blocks are under way, so that the signer signs one while this party
    /// blinds the next.
    func ask(_ signer: Party, modulus: [UInt8], _ positions: ArraySlice<Int>) async throws -> [UInt8] {
        let group = try ResidueGroup(checkingModulus: modulus)
        let cuts = blocks(positions.count, bytesEach: group.bytesEach)
        let arrivals = try expect(IntersectionMessage.signed, positions.count, bytesEach: group.bytesEach, from: signer)
        var waiting: [Blinding] = []
        var tokens: [UInt8] = []
        for index in 0..<cuts.count + 1 {
            try context.checkCancelled()
            if index < cuts.count {
                let first = positions.startIndex + cuts[index].lowerBound
                let some = positions[first..<first + cuts[index].count]
                let blinding = try Blinding(try hashes(some, group), in: group, on: context.loop)
                waiting.append(blinding)
                try await context.federation.sendBytes(
                    blinding.blinded.bytes, name: IntersectionMessage.blinded, tag: "\(index)", to: signer)
            }
            guard index > 0 else { continue }
            let block = try await arrivals[index - 1].message.bytes()
            let blinding = waiting.removeFirst()
            let signatures = try context.refusing(signer, "signatures") {
                let signed = try residues(block, cuts[index - 1].count, group)
                return try blinding.signatures(from: signed, in: group, on: context.loop)
            }
            tokens += try self.tokens(signatures, group)
            try context.tracking.progress(cuts[index - 1].upperBound, of: positions.count, "own ids")
        }
        return tokens
    }

    // MARK: tokens on their way

    func send(tokens: [UInt8], part: String, to party: Party) async throws {
        for (index, range) in blocks(tokens.count / Token.byteCount, bytesEach: Token.byteCount).enumerated() {
            let block = Array(tokens[range.lowerBound * Token.byteCount..<range.upperBound * Token.byteCount])
            try await context.federation.sendBytes(
                block, name: IntersectionMessage.tokens, tag: "\(part).\(index)", to: party)
        }
    }

    func receiveTokens(_ count: Int, part: String, from party: Party) async throws -> [UInt8] {
        var tokens: [UInt8] = []
        for (index, range) in blocks(count, bytesEach: Token.byteCount).enumerated() {
            let block = try await context.federation.receiveBytes(
                name: IntersectionMessage.tokens, tag: "\(part).\(index)", from: party)
            guard block.count == range.count * Token.byteCount else {
                throw ComponentError.peer(party, "it sent \(block.count) bytes for \(range.count) tokens")
            }
            tokens += block
        }
        return tokens
    }

    // MARK: parts

    private func hashes(_ positions: ArraySlice<Int>, _ group: ResidueGroup) throws -> Residues {
        try group.hash(
            ids.messages(positions), method: settings.hashMethod, prefix: settings.tag, on: context.loop)
    }

    private func tokens(_ signatures: Residues, _ group: ResidueGroup) throws -> [UInt8] {
        try Token.bytes(
            of: signatures.bytes, bytesEach: group.bytesEach, method: settings.finalHashMethod, tag: settings.tag)
    }

    private func residues(_ bytes: [UInt8], _ count: Int, _ group: ResidueGroup) throws -> Residues {
        let residues = try group.residues(checking: bytes, on: context.loop)
        guard residues.count == count else {
            throw CryptoError.badLength(expected: count * group.bytesEach, found: bytes.count)
        }
        return residues
    }

    private func expect(
        _ name: String, _ count: Int, bytesEach: Int, from party: Party
    ) throws -> [(range: Range<Int>, message: Expectation)] {
        try blocks(count, bytesEach: bytesEach).enumerated().map { index, range in
            (range, try context.federation.expect(name: name, tag: "\(index)", from: party))
        }
    }
}

extension TaskContext where Parameters == IntersectionParameters {
    /// Turns what the cryptography refuses into the peer's fault.
    func refusing<Result>(_ party: Party, _ what: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as CryptoError {
            throw ComponentError.peer(party, "its \(what) are refused: \(error)")
        }
    }
}
