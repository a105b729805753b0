import NornCrypto

// Prints JSON lines {"name","unit","value"}: operations a second on one core, the best of three runs.

func report(_ name: String, _ operations: Int, _ body: () throws -> Void) rethrows {
    var best = Duration.seconds(1_000_000)
    for _ in 0..<3 {
        let duration = try ContinuousClock().measure(body)
        best = min(best, duration)
    }
    let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) * 1e-18
    print("{\"name\":\"\(name)\",\"unit\":\"1/s\",\"value\":\(Int(Double(operations) / seconds))}")
}

let bits = PaillierPublicKey.recommendedBits
try report("paillier\(bits)_key", 1) { _ = try PaillierPrivateKey(bits: bits) }
let secret = try PaillierPrivateKey(bits: bits)
try report("paillier\(bits)_table", 1) { _ = try PaillierPublicKey(modulus: secret.modulus) }
let key = try PaillierPublicKey(modulus: secret.modulus)

let rows = 512
let numbers = (0..<rows).map { Int128($0 * 1_000_003 - 200_000_000) }
let ciphertexts = try key.encrypt(numbers)
try report("paillier\(bits)_encrypt", rows) { _ = try key.encrypt(numbers) }
try report("paillier\(bits)_decrypt", rows) { _ = try secret.decrypt(ciphertexts) }
try report("paillier\(bits)_add", rows) { _ = try key.sum(ciphertexts, ciphertexts) }
let wire = ciphertexts.bytes
try report("paillier\(bits)_check", rows) { _ = try key.ciphertexts(bytes: wire, expected: rows) }

let columns = 20
let scalars = (0..<rows * columns).map { Int64(truncatingIfNeeded: ($0 &* 0x9E37_79B9) & 0x3FF_FFFF) - 0x1FF_FFFF }
try report("paillier\(bits)_multi_scalar_26_bit_20_columns", rows * columns) {
    _ = try key.sums(of: ciphertexts, scalars: scalars)
}

let ids = 20_000
let messages = Array((0..<ids).map { "id-\($0)" }.joined().utf8)
var offsets: [UInt32] = [0]
for id in 0..<ids { offsets.append(offsets[id] + UInt32("id-\(id)".utf8.count)) }
let tag = Array("NORN-BENCH".utf8)
let points = try CurvePoints(hashing: messages, offsets: offsets, tag: tag)
let scalar = try CurveScalar()
try report("hash_to_curve25519", ids) { _ = try CurvePoints(hashing: messages, offsets: offsets, tag: tag) }
try report("x25519", ids) { _ = try scalar.multiply(points) }
