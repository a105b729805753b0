import CNornCrypto

/// Rows that one call of a loop's body takes: whole groups of eight, which is how many the arithmetic does at a time.
private let grain = 64

extension PaillierPublicKey {
    /// Fresh encryptions of signed integers. The key must have been made with `encrypts`.
    public func encrypt(
        _ plaintexts: [Int128], on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        try filled(plaintexts.count, on: loop) { [self] range, out in
            try withPlaintexts(plaintexts, range) { norn_paillier_encrypt(key, $0, range.count, out) }
        }
    }

    /// Adds fresh encryptions of `plaintexts` to ciphertexts: the sum, re-randomised.
    public func adding(
        _ plaintexts: [Int128], to ciphertexts: PaillierCiphertexts, on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        guard plaintexts.count == ciphertexts.count else {
            throw CryptoError.badLength(expected: ciphertexts.count, found: plaintexts.count)
        }
        return try filled(ciphertexts.count, on: loop) { [self] range, out in
            copy(ciphertexts, range, to: out)
            try withPlaintexts(plaintexts, range) { norn_paillier_add_fresh(key, $0, out, range.count) }
        }
    }

    /// The same plaintexts under fresh randomness: what a computed ciphertext needs before it is sent.
    public func rerandomised(
        _ ciphertexts: PaillierCiphertexts, on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        try filled(ciphertexts.count, on: loop) { [self] range, out in
            copy(ciphertexts, range, to: out)
            try CryptoError.check(norn_paillier_add_fresh(key, nil, out, range.count))
        }
    }

    /// Sums, row by row.
    public func sum(
        _ left: PaillierCiphertexts, _ right: PaillierCiphertexts, on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        guard left.count == right.count else {
            throw CryptoError.badLength(expected: left.count, found: right.count)
        }
        return try filled(left.count, on: loop) { [self] range, out in
            try left.words.withUnsafeBufferPointer { left in
                try right.words.withUnsafeBufferPointer { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    let start = range.lowerBound * wordsPerCiphertext
                    try CryptoError.check(norn_paillier_add(key, left + start, right + start, range.count, out))
                }
            }
        }
    }

    /// Each ciphertext times its own scalar. Not re-randomised.
    public func scaled(
        _ ciphertexts: PaillierCiphertexts, by scalars: [Int64], on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        guard scalars.count == ciphertexts.count else {
            throw CryptoError.badLength(expected: ciphertexts.count, found: scalars.count)
        }
        return try filled(ciphertexts.count, on: loop) { [self] range, out in
            try ciphertexts.words.withUnsafeBufferPointer { words in
                try scalars.withUnsafeBufferPointer { scalars in
                    guard let words = words.baseAddress, let scalars = scalars.baseAddress else { return }
                    let cipher = words + range.lowerBound * wordsPerCiphertext
                    let status = norn_paillier_scale(key, cipher, scalars + range.lowerBound, range.count, out)
                    try CryptoError.check(status, index: range.lowerBound)
                }
            }
        }
    }

    /// For every column j: the sum over rows i of scalars[j · rows + i] times ciphertext i. Not re-randomised.
    /// - Parameter scalars: column after column, `ciphertexts.count` each; small ones are faster.
    public func sums(
        of ciphertexts: PaillierCiphertexts, scalars: [Int64], on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        let rows = ciphertexts.count
        guard rows > 0, scalars.count % rows == 0 else {
            throw CryptoError.badLength(expected: rows, found: scalars.count)
        }
        let columns = scalars.count / rows
        let parts = max(1, min(loop.width, rows / grain))
        let partial = try filled(parts * columns, on: loop, grain: columns) { [self] range, out in
            let part = range.lowerBound / columns
            let first = rows * part / parts
            try ciphertexts.words.withUnsafeBufferPointer { words in
                try scalars.withUnsafeBufferPointer { scalars in
                    guard let words = words.baseAddress, let scalars = scalars.baseAddress else { return }
                    let count = rows * (part + 1) / parts - first
                    let cipher = words + first * wordsPerCiphertext
                    let status = norn_paillier_sums(key, cipher, count, scalars + first, rows, columns, out)
                    try CryptoError.check(status, index: first)
                }
            }
        }
        var total = partial.rows(0..<columns)
        for part in 1..<max(1, parts) {
            total = try sum(total, partial.rows(part * columns..<(part + 1) * columns), on: loop)
        }
        return total
    }

    /// For every group: the sum of the ciphertexts whose rows are in it. Not re-randomised; an empty group's sum is not even
    /// random.
    /// - Parameters:
    ///   - groups: column after column, the group of each row, or -1 for none; columns share no groups
    ///   - count: groups of all columns together
    public func groupSums(
        of ciphertexts: PaillierCiphertexts, groups: [Int32], count: Int, on loop: some ParallelLoop = SerialLoop()
    ) throws -> PaillierCiphertexts {
        let rows = ciphertexts.count
        guard rows > 0, groups.count % rows == 0 else {
            throw CryptoError.badLength(expected: rows, found: groups.count)
        }
        let columns = groups.count / rows
        let parts = max(1, min(loop.width, rows / grain))
        let partial = try filled(parts * count, on: loop, grain: max(1, count)) { [self] range, out in
            let part = range.lowerBound / count
            let first = rows * part / parts
            try ciphertexts.words.withUnsafeBufferPointer { words in
                try groups.withUnsafeBufferPointer { groups in
                    guard let words = words.baseAddress, let groups = groups.baseAddress else { return }
                    let status = norn_paillier_group_sums(
                        key, words + first * wordsPerCiphertext, rows * (part + 1) / parts - first, groups + first,
                        rows,
                        columns, count, out)
                    try CryptoError.check(status, index: first)
                }
            }
        }
        var total = partial.rows(0..<count)
        for part in 1..<max(1, parts) {
            total = try sum(total, partial.rows(part * count..<(part + 1) * count), on: loop)
        }
        return total
    }

    /// Makes `count` ciphertexts, range by range.
    private func filled(
        _ count: Int, on loop: some ParallelLoop, grain: Int = grain,
        _ body: @escaping @Sendable (Range<Int>, UnsafeMutablePointer<UInt64>) throws -> Void
    ) throws -> PaillierCiphertexts {
        let each = wordsPerCiphertext
        var words = [UInt64](repeating: 0, count: count * each)
        try words.withUnsafeMutableBufferPointer { words in
            guard let start = words.baseAddress, count > 0 else { return }
            let output = Shared(start)
            try loop.ranges(count, grain: max(1, grain)) { try body($0, output.pointer + $0.lowerBound * each) }
        }
        return PaillierCiphertexts(words: words, wordsEach: each)
    }

    private func copy(_ ciphertexts: PaillierCiphertexts, _ range: Range<Int>, to out: UnsafeMutablePointer<UInt64>) {
        ciphertexts.words.withUnsafeBufferPointer { words in
            guard let start = words.baseAddress else { return }
            out.update(from: start + range.lowerBound * wordsPerCiphertext, count: range.count * wordsPerCiphertext)
        }
    }
}

private func withPlaintexts(
    _ plaintexts: [Int128], _ range: Range<Int>, _ body: (UnsafePointer<norn_plaintext>?) -> norn_crypto_status
) throws {
    try plaintexts.withUnsafeBytes { bytes in
        // An Int128 is two limbs in memory, low first, as norn_plaintext is.
        let start = bytes.baseAddress?.assumingMemoryBound(to: norn_plaintext.self)
        try CryptoError.check(body(start.map { $0 + range.lowerBound }), index: range.lowerBound)
    }
}

extension PaillierPrivateKey {
    /// The signed plaintexts. Throws `badCiphertext` for what is none under this key, `outOfRange` for a plaintext that
    /// does not fit 127 bits: an overflow, or a peer that does not keep to the protocol.
    public func decrypt(
        _ ciphertexts: PaillierCiphertexts, on loop: some ParallelLoop = SerialLoop()
    ) throws -> [Int128] {
        try decrypt(ciphertexts, usingRemainders: true, on: loop)
    }

    /// - Parameter usingRemainders: false for the textbook's way, with which tests compare.
    func decrypt(
        _ ciphertexts: PaillierCiphertexts, usingRemainders: Bool, on loop: some ParallelLoop = SerialLoop()
    ) throws -> [Int128] {
        guard ciphertexts.wordsEach == bits / 32 else {
            throw CryptoError.badLength(expected: bits / 32, found: ciphertexts.wordsEach)
        }
        var plaintexts = [Int128](repeating: 0, count: ciphertexts.count)
        try plaintexts.withUnsafeMutableBytes { bytes in
            let output = Shared(bytes.baseAddress?.assumingMemoryBound(to: norn_plaintext.self))
            try loop.ranges(ciphertexts.count, grain: 8) { [self] range in
                try ciphertexts.words.withUnsafeBufferPointer { words in
                    guard let start = words.baseAddress, let out = output.pointer else { return }
                    var bad = 0
                    let status = norn_paillier_decrypt(
                        key, start + range.lowerBound * ciphertexts.wordsEach, range.count, usingRemainders ? 1 : 0,
                        out + range.lowerBound, &bad)
                    try CryptoError.check(status, index: range.lowerBound + bad)
                }
            }
        }
        return plaintexts
    }
}
