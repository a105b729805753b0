import NornCrypto

// Prints JSON lines {"name","unit","value"}, one for each run: operations a second on one core.

func report(_ name: String, _ operations: Int, runs: Int = 5, _ body: () throws -> Void) rethrows {
    for _ in 0..<runs {
        let duration = try ContinuousClock().measure(body)
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        print("{\"name\":\"\(name)\",\"unit\":\"1/s\",\"value\":\(Double(operations) / seconds)}")
    }
}

let bits = PaillierPublicKey.recommendedBits
try report("Paillier-\(bits), one core: make a key", 1) { _ = try PaillierPrivateKey(bits: bits) }
let secret = try PaillierPrivateKey(bits: bits)
try report("Paillier-\(bits), one core: make a key's tables", 1) { _ = try PaillierPublicKey(modulus: secret.modulus) }
let key = try PaillierPublicKey(modulus: secret.modulus)

let rows = 512
let numbers = (0..<rows).map { Int128($0 * 1_000_003 - 200_000_000) }
let ciphertexts = try key.encrypt(numbers)
try report("Paillier-\(bits), one core: encrypt", rows) { _ = try key.encrypt(numbers) }
try report("Paillier-\(bits), one core: decrypt", rows) { _ = try secret.decrypt(ciphertexts) }
try report("Paillier-\(bits), one core: add", rows) { _ = try key.sum(ciphertexts, ciphertexts) }
let wire = ciphertexts.bytes
try report("Paillier-\(bits), one core: check what arrived", rows) {
    _ = try key.ciphertexts(bytes: wire, expected: rows)
}

let columns = 20
let scalars = (0..<rows * columns).map { Int64(truncatingIfNeeded: ($0 &* 0x9E37_79B9) & 0x3FF_FFFF) - 0x1FF_FFFF }
try report("Paillier-\(bits), one core: scale by 26 bits and add, 20 sums", rows * columns) {
    _ = try key.sums(of: ciphertexts, scalars: scalars)
}

let ids = 20_000
let messages = Array((0..<ids).map { "id-\($0)" }.joined().utf8)
var offsets: [UInt32] = [0]
for id in 0..<ids { offsets.append(offsets[id] + UInt32("id-\(id)".utf8.count)) }
let tag = Array("NORN-BENCH".utf8)
let points = try CurvePoints(hashing: messages, offsets: offsets, tag: tag)
let scalar = try CurveScalar()
try report("X25519, one core: hash to the curve", ids) {
    _ = try CurvePoints(hashing: messages, offsets: offsets, tag: tag)
}
try report("X25519, one core: multiply", ids) { _ = try scalar.multiply(points) }
