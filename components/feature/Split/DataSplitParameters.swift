import NornKit

/// FATE's DataSplitParam with its names and defaults.
struct DataSplitParameters: ComponentParameters {
    var seed: Int? = nil
    var testSize: Size? = nil
    var trainSize: Size? = nil
    var validateSize: Size? = nil
    var isStratified = false
    var shuffles = true
    /// Between which a continuous label is cut into strata.
    var splitPoints: [Double]? = nil
    var needRun = true

    enum CodingKeys: String, CodingKey {
        case seed = "random_state"
        case testSize = "test_size"
        case trainSize = "train_size"
        case validateSize = "validate_size"
        case isStratified = "stratified"
        case shuffles = "shuffle"
        case splitPoints = "split_points"
        case needRun = "need_run"
    }

    /// A share of the rows, or a number of them.
    enum Size: Codable, Sendable, Equatable {
        case rows(Int)
        case share(Double)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let rows = try? value.decode(Int.self) {
                self = .rows(rows)
            } else {
                self = .share(try value.decode(Double.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .rows(let rows): try value.encode(rows)
            case .share(let share): try value.encode(share)
            }
        }
    }

    func validate() throws {
        for (field, size) in [("test_size", testSize), ("train_size", trainSize), ("validate_size", validateSize)] {
            let isPossible =
                switch size {
                case .rows(let rows): rows >= 0
                case .share(let share): 0...1 ~= share
                case nil: true
                }
            guard isPossible else {
                throw ComponentError.invalid(field: field, "is neither a number of rows nor a share from 0 to 1")
            }
        }
        if let seed, seed < 0 { throw ComponentError.invalid(field: "random_state", "is negative") }
        guard shuffles || !isStratified else {
            throw ComponentError.invalid(field: "shuffle", "a stratified split needs shuffled rows")
        }
    }
}

/// How many rows each part of a split has.
struct SplitSizes: Equatable {
    var train: Int
    var validate: Int
    var test: Int

    /// A number of rows where all parts are numbers, else shares; what is not given is what the others leave, first of the
    /// training's part, then the test's, then the validation's.
    /// - Throws: `invalidArgument` when parts do not add up to the whole.
    init(_ asked: DataSplitParameters, rows: Int) throws {
        let given = [asked.trainSize, asked.testSize, asked.validateSize].compactMap { $0 }
        guard !given.isEmpty else {
            self = Self.shares(train: 0.8, validate: 0.2, test: 0, rows: rows)
            return
        }
        let hasShares = given.contains { if case .share = $0 { true } else { false } }
        let whole = hasShares ? 1.0 : Double(rows)
        func number(_ size: DataSplitParameters.Size) -> Double {
            switch size {
            case .rows(let rows): Double(rows)
            case .share(let share): share
            }
        }
        let (train, test, validate) = Self.completed(
            train: asked.trainSize.map(number), test: asked.testSize.map(number),
            validate: asked.validateSize.map(number), whole: whole)
        guard abs(abs(train) + abs(test) + abs(validate) - whole) < 1e-8, train >= 0, test >= 0, validate >= 0 else {
            throw ComponentError.invalid(
                field: "train_size",
                "train_size, validate_size and test_size do not add up to \(hasShares ? "1.0" : "the \(rows) rows")")
        }
        self =
            hasShares
            ? Self.shares(train: train, validate: validate, test: test, rows: rows)
            : SplitSizes(train: Int(train), validate: Int(validate), test: Int(test))
    }

    private init(train: Int, validate: Int, test: Int) {
        self.train = train
        self.validate = validate
        self.test = test
    }

    private static func completed(
        train: Double?, test: Double?, validate: Double?, whole: Double
    ) -> (train: Double, test: Double, validate: Double) {
        guard let train else {
            let (test, validate) = (test ?? 0, validate ?? 0)
            return (whole - test - validate, test, validate)
        }
        guard let test else {
            let validate = validate ?? 0
            return (train, whole - train - validate, validate)
        }
        return (train, test, validate ?? whole - train - test)
    }

    /// FATE splits twice, each time rounding the first part: the test's rows off, then the validation's.
    private static func shares(train: Double, validate: Double, test: Double, rows: Int) -> SplitSizes {
        let kept = part(train + validate, of: 1, rows: rows)
        let trained = part(train, of: train + validate, rows: kept)
        return SplitSizes(train: trained, validate: kept - trained, test: rows - kept)
    }

    private static func part(_ share: Double, of whole: Double, rows: Int) -> Int {
        guard whole > 1e-8 else { return 0 }
        return Int((min(1, share / whole) * Double(rows)).rounded(.toNearestOrEven))
    }
}
