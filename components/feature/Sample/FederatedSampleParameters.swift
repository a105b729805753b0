import NornKit

/// FATE's SampleParam with its names and defaults.
struct FederatedSampleParameters: ComponentParameters {
    var mode = "random"
    var method = "downsample"
    /// One share, or pairs of a label and its share.
    var fractions: CBOR = .null
    var seed: Int? = nil
    var taskType = "hetero"
    var needRun = true

    enum CodingKeys: String, CodingKey {
        case mode, method, fractions
        case seed = "random_state"
        case taskType = "task_type"
        case needRun = "need_run"
    }

    static let downsampleShare = 0.1
    static let upsampleShare = 2.0

    var upsamples: Bool { method.lowercased() == "upsample" }
    var isHetero: Bool { taskType.lowercased() == "hetero" }

    func validate() throws {
        guard ["random", "stratified", "exact_by_weight"].contains(mode.lowercased()) else {
            throw ComponentError.invalid(
                field: "mode", "\"\(mode)\" is none of random, stratified and exact_by_weight")
        }
        guard ["downsample", "upsample"].contains(method.lowercased()) else {
            throw ComponentError.invalid(field: "method", "\"\(method)\" is neither downsample nor upsample")
        }
        guard ["hetero", "homo"].contains(taskType.lowercased()) else {
            throw ComponentError.invalid(field: "task_type", "\"\(taskType)\" is neither hetero nor homo")
        }
        if mode.lowercased() == "stratified" { _ = try sharesByLabel() } else { _ = try share() }
    }

    /// For mode `random`.
    func share() throws -> Double {
        if fractions == .null { return upsamples ? Self.upsampleShare : Self.downsampleShare }
        guard mode.lowercased() == "random" else { return 0 }
        guard let share = fractions.double else {
            throw ComponentError.invalid(field: "fractions", "is not a number, as mode random needs")
        }
        return try checked(share)
    }

    /// For mode `stratified`; nil: every label the same.
    func sharesByLabel() throws -> [(label: Double, share: Double)]? {
        guard fractions != .null else { return nil }
        return try (fractions.array ?? [.null]).map { pair in
            guard let pair = pair.array, pair.count == 2, let label = pair[0].double, let share = pair[1].double else {
                throw ComponentError.invalid(
                    field: "fractions", "is not a list of pairs of a label and a share, as mode stratified needs")
            }
            return (label, try checked(share))
        }
    }

    private func checked(_ share: Double) throws -> Double {
        guard upsamples ? share > 0 : 0...1 ~= share else {
            throw ComponentError.invalid(
                field: "fractions",
                upsamples ? "has a share that is not above 0" : "has a share that is not from 0 to 1")
        }
        return share
    }
}
