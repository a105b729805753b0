/// The beginning of a job's id as numbers: ids ascend with time. Two ids compare by it without a look at their bytes,
/// which lie elsewhere; where it is equal the ids themselves decide.
struct Age: Codable, Sendable, Hashable, Comparable {
    private static let bytesMaximum = 24

    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0

    init() {}

    init(_ job: JobID) {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var job = job
        job.withUTF8 { bytes in
            for index in 0..<min(bytes.count, Self.bytesMaximum) {
                let byte = UInt64(bytes[index]) << UInt64(56 - 8 * (index & 7))
                switch index >> 3 {
                case 0: words.0 |= byte
                case 1: words.1 |= byte
                default: words.2 |= byte
                }
            }
        }
        (first, second, third) = words
    }

    static func < (left: Age, right: Age) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        return left.third < right.third
    }
}

/// A member in the order of age.
struct Seat: Sendable, Comparable {
    var member: MemberKey
    var age: Age

    init(_ member: MemberKey) {
        self.member = member
        age = Age(member.job)
    }

    init(member: MemberKey, age: Age) {
        self.member = member
        self.age = age
    }

    static func < (left: Seat, right: Seat) -> Bool {
        left.age != right.age ? left.age < right.age : left.member < right.member
    }

    static func == (left: Seat, right: Seat) -> Bool { left.age == right.age && left.member == right.member }
}
