import Testing

@testable import NornCrypto

@Suite struct SecureAggregationTests {
    /// RFC 8439, appendix A.1, test vector 1.
    @Test func chaCha20GivesTheStandardsStream() throws {
        let words = try ChaCha20.words(2, key: [UInt8](repeating: 0, count: 32))
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        #expect(
            bytes == [
                0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
            ])
    }

    private func masks(_ keys: [AggregationKey], context: String = "job/task/0") throws -> [PairwiseMasks] {
        try keys.indices.map { place in
            try keys[place].masks(keys.map(\.publicKey), own: place, context: Array(context.utf8))
        }
    }

    @Test(arguments: [2, 3, 7]) func sumsAreExactAndEveryVectorIsHidden(senders: Int) throws {
        let masks = try masks((0..<senders).map { _ in try AggregationKey() })
        let values = (0..<senders).map { sender -> [Int64] in
            var own = (0..<50).map { Int64($0) * Int64($0) - 300 * Int64(sender) }
            own += [Int64.max / 8, Int64.min / 8]
            return own
        }
        let sent = try zip(masks, values).map { try $0.masked($1, round: "0") }
        let sums = (0..<52).map { place in values.reduce(Int64(0)) { $0 + $1[place] } }
        #expect(try PairwiseMasks.sum(sent) == sums)
        for (vector, value) in zip(sent, values) {
            #expect(zip(vector, value).allSatisfy { $0 != UInt64(bitPattern: $1) })
        }
        // Where one is missing, every number still is under the masks that it shares.
        let missing = try PairwiseMasks.sum(Array(sent.dropLast()))
        let rest = (0..<52).map { place in values.dropLast().reduce(Int64(0)) { $0 + $1[place] } }
        #expect(zip(missing, rest).allSatisfy { $0 != $1 })
    }

    @Test func everyRoundAndEveryAttemptHasMasksOfItsOwn() throws {
        let keys = [try AggregationKey(), try AggregationKey()]
        let zeros = [Int64](repeating: 0, count: 4)
        let first = try masks(keys)[0]
        #expect(try first.masked(zeros, round: "0") == first.masked(zeros, round: "0"))
        #expect(try first.masked(zeros, round: "0") != first.masked(zeros, round: "1"))
        #expect(try first.masked(zeros, round: "0") != masks(keys, context: "job/task/1")[0].masked(zeros, round: "0"))
    }

    @Test func keysThatNoHonestSenderHasAreRefused() throws {
        let own = try AggregationKey()
        for bad in [own.publicKey, [UInt8](repeating: 0, count: 32), [1]] {
            #expect(throws: CryptoError.badPoint(index: 1)) {
                try own.masks([own.publicKey, bad], own: 0, context: [])
            }
        }
    }
}
