import NornKit
import NornMath

/// Chance of a seed, so that a job can be repeated, or else of the host.
enum Chance: RandomNumberGenerator {
    case seeded(SeededGenerator)
    case host(HostRandom)

    init<Parameters>(_ context: TaskContext<Parameters>, seed: Int?) throws {
        if let seed {
            self = .seeded(SeededGenerator(seed: seed))
        } else {
            self = .host(try context.randomNumberGenerator())
        }
    }

    mutating func next() -> UInt64 {
        switch self {
        case .seeded(var generator):
            defer { self = .seeded(generator) }
            return generator.next()
        case .host(var generator):
            defer { self = .host(generator) }
            return generator.next()
        }
    }
}
