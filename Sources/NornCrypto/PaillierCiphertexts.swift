import CNornCrypto

/// A vector of ciphertexts under one key.
public struct PaillierCiphertexts: Sendable, Equatable {
    /// Little-endian 64-bit limbs, `wordsEach` a ciphertext.
    var words: [UInt64]
    let wordsEach: Int

    init(words: [UInt64], wordsEach: Int) {
        self.words = words
        self.wordsEach = wordsEach
    }

    public var count: Int { words.count / wordsEach }

    /// Between parties: the ciphertexts one after the other, each little endian and as long as n².
    public var bytes: [UInt8] { words.withUnsafeBytes(Array.init) }

    /// Some of them, in the given order.
    public func rows(_ rows: some Sequence<Int>) -> PaillierCiphertexts {
        var chosen: [UInt64] = []
        for row in rows { chosen += words[row * wordsEach..<(row + 1) * wordsEach] }
        return PaillierCiphertexts(words: chosen, wordsEach: wordsEach)
    }

    public mutating func append(_ others: PaillierCiphertexts) {
        precondition(others.wordsEach == wordsEach)
        words += others.words
    }
}

extension PaillierPublicKey {
    /// No ciphertexts, to append to.
    public var noCiphertexts: PaillierCiphertexts { PaillierCiphertexts(words: [], wordsEach: wordsPerCiphertext) }

    /// Takes a peer's ciphertexts: each must be below n² and prime to n.
    /// - Parameter expected: how many the protocol says.
    public func ciphertexts(
        bytes: [UInt8], expected: Int, on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        guard bytes.count == expected * bytesPerCiphertext else {
            throw CryptoError.badLength(expected: expected * bytesPerCiphertext, found: bytes.count)
        }
        let each = wordsPerCiphertext
        let words = bytes.withUnsafeBytes { bytes in
            [UInt64](unsafeUninitializedCapacity: expected * each) { buffer, initialized in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                initialized = expected * each
            }
        }
        try words.withUnsafeBufferPointer { words in
            let input = Shared(words)
            try loop.ranges(expected, grain: 256) { [self] range in
                guard let start = input.pointer.baseAddress else { return }
                var bad = 0
                let status = norn_paillier_check(key, start + range.lowerBound * each, range.count, &bad)
                try CryptoError.check(status, index: range.lowerBound + bad)
            }
        }
        return PaillierCiphertexts(words: words, wordsEach: each)
    }
}
