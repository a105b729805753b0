import NornDialects
import NornFlow
import NornManifest
import Testing

/// Whatever is done to a job description, it gives a job or named errors, and never crashes.
@Suite("Mutated job descriptions")
struct MutationTests {
    static let substitutes: [JSON] = [
        nil, true, 0, -1, 2, 1.5, "", "data", "a.b", "a.b.c", "0|1", "all", "@", "pipeline.lr_0.model", [], [:], [[]],
        ["x": nil], ["lr_0.data"], 9_223_372_036_854_775_807, "\u{0}é😀",
    ]

    /// One random change at one random place.
    static func mutate(_ json: JSON, _ generator: inout SplitMix) -> JSON {
        let stop = Int.random(in: 0..<4, using: &generator) == 0
        switch json {
        case .object(var object) where !object.isEmpty && !stop:
            let key = object.keys.randomElement(using: &generator) ?? ""
            let value = object[key] ?? .null
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: object[key] = nil
            case 1:
                object[key] = nil
                object[key + "x"] = value
            case 2: object[substitutes.randomElement(using: &generator)?.text() ?? ""] = value
            default: object[key] = mutate(value, &generator)
            }
            return .object(object)
        case .array(var array) where !array.isEmpty && !stop:
            let index = Int.random(in: 0..<array.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: array.remove(at: index)
            case 1: array.append(array[index])
            default: array[index] = mutate(array[index], &generator)
            }
            return .array(array)
        default: return substitutes.randomElement(using: &generator) ?? .null
        }
    }

    @Test("A mutated DSL or conf gives a job or named errors", arguments: 0..<8)
    func mutations(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var accepted = 0
        var refused = 0
        for _ in 0..<400 {
            var (dsl, conf) = (Samples.dsl, Samples.conf)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                if Bool.random(using: &generator) {
                    dsl = Self.mutate(dsl, &generator)
                } else {
                    conf = Self.mutate(conf, &generator)
                }
            }
            do {
                let job = try Samples.parse(dsl: dsl, conf: conf).job
                accepted += 1
                #expect(!job.tasks.isEmpty && job.parties.contains(job.initiator))
                #expect(job.tasks.allSatisfy { !$0.parties.isEmpty })
                let rendering = FATE1Dialect.render(job)
                let again = try? Samples.parse(dsl: rendering.dsl, conf: rendering.conf).job
                let isSame = again == job
                #expect(isSame, "\(dsl) \(conf)")
            } catch {
                refused += 1
                #expect(!error.errors.isEmpty)
                #expect(error.errors.allSatisfy { $0.field.hasPrefix("dsl") || $0.field.hasPrefix("conf") })
                #expect(error.errors.allSatisfy { !$0.message.isEmpty && !$0.remedy.isEmpty })
            }
        }
        #expect(accepted > 0 && refused > 0)
    }
}

/// A small generator with a seed, so that a failure can be repeated (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
