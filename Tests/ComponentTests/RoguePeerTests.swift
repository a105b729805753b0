import NornCrypto
import NornKit
import NornTestHost
import Testing

/// Peers that break a protocol are refused, by name and with the fault on their side.
@Suite struct RoguePeerTests {
    @Test(arguments: RogueIntersection.Parameters.tricks)
    func badPointsAreRefused(trick: String, method: String, text: String) async throws {
        let rogue = Plugin(id: "test.rogue", version: "1", components: [RogueIntersection.self])
        let run = try await TestHost(product: "norn_intersect").run(
            "Intersection", parameters: ["intersect_method": .text(method)],
            parties: [
                TestParty(.guest, "9999", inputs: [.csv("data", "id,x\na,1\nb,2")]),
                TestParty(.host, "10000", parameters: ["trick": .text(trick)], plugin: rogue),
            ])
        let error = try #require(run[.guest].error)
        #expect(error.fault == (trick == "other plan" ? .user : .peer))
        #expect(error.description.contains("host 10000"))
        #expect(error.description.contains(text), "\(error)")
    }

    @Test(arguments: RogueTraining.tricks) func badKeysAreRefused(trick: String) async throws {
        let rogue = Plugin(id: "test.rogue", version: "1", components: [RogueArbiter.self])
        let data = SmallData(rows: 12)
        let arbiter = TestParty(.arbiter, "10001", parameters: ["trick": .text(trick)], plugin: rogue)
        let run = try await train([data.parties[0], data.parties[1], arbiter], [:])
        let errors = [run[.guest], run[.host]].compactMap(\.error).filter { $0.code != .cancelled }
        #expect(!errors.isEmpty)
        for error in errors {
            #expect(error.fault == .peer)
            #expect(error.description.contains("arbiter 10001"))
            #expect(error.description.contains("key"))
        }
    }

    @Test func badCiphertextsAreRefused() async throws {
        let rogue = Plugin(id: "test.rogue", version: "1", components: [RogueHost.self])
        let data = SmallData(rows: 12)
        let run = try await train(
            [data.parties[0], TestParty(.host, "10000", plugin: rogue), data.parties[2]], [:])
        let error = try #require(run[.guest].error)
        #expect(error.fault == .peer)
        #expect(error.description.contains("host 10000"))
        #expect(error.description.contains("host_forward is refused"))
    }
}

private struct RogueIntersection: Component {
    struct Parameters: ComponentParameters {
        /// What is done, by which method, and what the guest says of it.
        static let tricks = [
            ("zero", "ecdh", "points are refused"), ("low order", "ecdh", "points are refused"),
            ("not canonical", "ecdh", "points are refused"), ("short", "ecdh", "points are refused"),
            ("salt", "ecdh", "salt"), ("no square", "dh", "points are refused"), ("zero", "dh", "points are refused"),
            ("key of 512 bits", "rsa", "key has 512 bits"), ("prime key", "rsa", "public key are refused"),
            ("signature", "rsa", "signatures are refused"), ("other plan", "ecdh", "same parameters"),
        ]
        var trick = ""
        var method = "ecdh"

        enum CodingKeys: String, CodingKey {
            case trick
            case method = "intersect_method"
        }

        var plan: String {
            let bits = method == "ecdh" ? 255 : trick == "other plan" ? 1024 : 2048
            return "\(method)/\(bits)/sha256/sha256, sync \(trick != "other plan"), inner_join, ids of guest"
        }
    }

    static let descriptor = ComponentDescriptor(name: "Intersection", roles: [.host])

    func run(_ context: TaskContext<Parameters>) async throws {
        let guest = try #require(context.parties[.guest].first)
        let trick = context.parameters.trick
        let share = [UInt8](repeating: 7, count: trick == "salt" ? 3 : 32)
        let message: CBOR = [
            "share": .bytes(share), "count": 1, "hasMatchIDs": false, "cache": .bytes([]),
            "plan": .text(context.parameters.plan),
        ]
        try await context.federation.send(message, name: "salt_share", to: guest)
        let point: [UInt8] =
            switch trick {
            case "low order": [1] + [UInt8](repeating: 0, count: 31)
            case "not canonical": [UInt8](repeating: 255, count: 32)
            case "short": [UInt8](repeating: 9, count: 31)
            default: [UInt8](repeating: 0, count: context.parameters.method == "dh" ? 256 : 32)
            }
        switch trick {
        case "key of 512 bits", "prime key":
            let modulus = [UInt8](repeating: 255, count: trick == "prime key" ? 256 : 64)
            try await context.federation.sendBytes(modulus, name: "public_key", to: guest)
        case "signature":
            // The right length, and no signature.
            try await context.federation.sendBytes(try BlindSigner(bits: 2048).modulus, name: "public_key", to: guest)
            let signed = [UInt8](repeating: 2, count: 512)
            try await context.federation.sendBytes(signed, name: "signed", tag: "0", to: guest)
        case "no square":
            let group = try ResidueGroup(safePrimeBits: 2048)
            let numbers = (2..<100).map { [UInt8($0)] + [UInt8](repeating: 0, count: 255) }
            let outside = try #require(numbers.first { (try? group.residues(checking: $0)) == nil })
            try await context.federation.sendBytes(outside, name: "host_points", tag: "0", to: guest)
        default:
            try await context.federation.sendBytes(point, name: "host_points", tag: "0", to: guest)
        }
    }
}

/// Takes the parameters of `train` too.
private struct RogueTraining: ComponentParameters {
    static let tricks = ["even", "short", "small factors"]
    var trick = ""
    var encryption = CBOR.null
    var initial = CBOR.null
    var shuffle = false
    var rate = 0.0
    var alpha = 0.0

    enum CodingKeys: String, CodingKey {
        case trick, shuffle, alpha
        case encryption = "encrypt_param"
        case initial = "init_param"
        case rate = "learning_rate"
    }
}

private struct RogueArbiter: Component {
    typealias Parameters = RogueTraining

    static let descriptor = ComponentDescriptor(name: "HeteroLR", roles: [.arbiter])

    func run(_ context: TaskContext<Parameters>) async throws {
        var modulus = [UInt8](repeating: 255, count: 128)
        switch context.parameters.trick {
        case "even": modulus[0] = 254
        case "short": modulus.removeLast(64)
        default: break  // 2^1024 - 1 has small factors
        }
        for role in [Role.guest, .host] {
            try await context.federation.sendBytes(modulus, name: "public_key", to: role)
        }
    }
}

private struct RogueHost: Component {
    static let descriptor = ComponentDescriptor(name: "HeteroLR", roles: [.host])

    func run(_ context: TaskContext<RogueTraining>) async throws {
        let guest = try #require(context.parties[.guest].first)
        let arbiter = try #require(context.parties[.arbiter].first)
        try await context.federation.send(["weights": 1], name: "weight_shape", to: arbiter)
        // All zero: the right size, but no number prime to n.
        let zeros = [UInt8](repeating: 0, count: 12 * 256)
        try await context.federation.sendBytes(zeros, name: "host_forward", tag: "0.0.0", to: guest)
    }
}
