import NornKit

/// Appends columns of constants to uploaded text.
struct ColumnExpand: Component {
    struct Parameters: ComponentParameters {
        var header: Names = Names()
        var method = "manual"
        /// One value for all new columns, or one for each.
        var fillValue: CBOR = 1e-8
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case method
            case header = "append_header"
            case fillValue = "fill_value"
            case needRun = "need_run"
        }

        /// A list of names, one name, or none.
        struct Names: Codable, Sendable {
            var list: [String] = []

            init() {}

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if value.decodeNil() { return }
                if let name = try? value.decode(String.self) {
                    list = [name]
                } else {
                    list = try value.decode([String].self)
                }
            }

            func encode(to encoder: any Encoder) throws {
                var value = encoder.singleValueContainer()
                if list.isEmpty { try value.encodeNil() } else { try value.encode(list) }
            }
        }

        func validate() throws {
            guard method.lowercased() == "manual" else {
                throw ComponentError.invalid(field: "method", "\"\(method)\" is not manual, the only method")
            }
            guard Set(header.list).count == header.list.count else {
                throw ComponentError.invalid(field: "append_header", "names a column twice")
            }
            let values = fillValue.array ?? [fillValue]
            guard values.count == 1 || values.count == header.list.count else {
                throw ComponentError.invalid(
                    field: "fill_value", "has \(values.count) values for \(header.list.count) columns")
            }
            guard values.allSatisfy({ $0.double != nil || $0.text != nil }) else {
                throw ComponentError.invalid(field: "fill_value", "holds numbers and texts only")
            }
        }

        /// One for each new column.
        var texts: [String] {
            let values = (fillValue.array ?? [fillValue]).map { value -> String in
                if case .double(let number) = value { return "\(number)" }
                return value.text ?? value.int.map { "\($0)" } ?? ""
            }
            return values.count == 1 ? header.list.map { _ in values[0] } : values
        }
    }

    static let append = Kernel.batches("append_columns", revision: 1, keepsKeys: true, AppendedText.self)

    static let descriptor = ComponentDescriptor(
        name: "ColumnExpand", roles: [.guest, .host, .local], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [append])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        let asked = context.parameters
        guard asked.needRun else { return try await context.outputs.table(stage.table) }
        guard stage.schema.layout == .text else {
            throw ComponentError(
                .failedPrecondition, field: stage.port, "ColumnExpand takes uploaded text: put it before DataTransform",
                fault: .user)
        }
        var model =
            stage.isFitting
            ? ColumnExpandModel(
                meta: .init(header: asked.header.list, method: asked.method, fillValues: asked.texts),
                parameters: .init(header: []))
            : try await context.inputs.model(ColumnExpandModel.self)
        if let known = model.meta.header.first(where: stage.schema.header.contains) {
            throw ComponentError.invalid(field: "append_header", "the table has a column \"\(known)\" already")
        }
        var schema = stage.schema
        schema.header += model.meta.header
        schema.anonymousHeader = AnonymousNames.of(schema.header, context.party)
        model.parameters.header = schema.header
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        guard !model.meta.header.isEmpty else { return try await context.outputs.table(stage.table) }
        let argument = AppendedText.Argument(
            text: model.meta.fillValues.joined(separator: schema.delimiter), delimiter: schema.delimiter)
        let table = try await stage.table.mapPartitions(Self.append, with: argument)
        try await context.outputs.table(table, schema: schema)
    }
}

struct AppendedText: BatchBody {
    struct Argument: Codable, Sendable {
        let text: String
        let delimiter: String
    }

    private let first: [UInt8]
    private let next: [UInt8]

    init(_ argument: Argument, partition: PartitionPlace) {
        first = Array(argument.text.utf8)
        next = Array((argument.delimiter + argument.text).utf8)
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            let value = Array(batch.valueBytes(at: row))
            try output.put(key: batch.keyBytes(at: row), value.isEmpty ? first : value + next)
        }
    }
}

/// With the names of FATE's ColumnExpandMeta and ColumnExpandParam.
struct ColumnExpandModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var header: [String]
        var method: String
        var fillValues: [String]
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case method
            case header = "append_header"
            case fillValues = "fill_value"
            case needRun = "need_run"
        }
    }

    struct Parameters: Codable, Sendable {
        var header: [String]
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "ColumnExpandMeta"
        case parameters = "ColumnExpandParam"
    }
}
