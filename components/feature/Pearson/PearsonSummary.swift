import NornKit

/// What people see of the model.
extension PearsonModel {
    /// FATE's summary; what is no number is null.
    var summary: [String: CBOR] {
        let width = parameters.names.count
        var summary: [String: CBOR] = [
            "num_local_features": .int(Int64(width)),
            "local_corr": Self.rows(parameters.localCorrelations, width: width),
        ]
        if !parameters.localVIFs.isEmpty { summary["local_vif"] = Self.row(parameters.localVIFs) }
        if !parameters.otherParty.isEmpty {
            let columns = parameters.correlations.count / max(1, meta.shapes[0])
            summary["corr"] = Self.rows(parameters.correlations, width: columns)
            summary["num_remote_features"] = .int(Int64(parameters.otherNames.count))
        }
        return summary
    }

    /// The parameters with null for what is no number, which JSON does not have.
    var view: CBOR {
        get throws { Self.withoutInfinities(try CBOREncoder().value(of: parameters)) }
    }

    private static func withoutInfinities(_ value: CBOR) -> CBOR {
        switch value {
        case .double(let number): number.isFinite ? value : .null
        case .array(let values): .array(values.map(withoutInfinities))
        case .map(let values): .map(values.mapValues(withoutInfinities))
        default: value
        }
    }

    private static func row(_ values: some Sequence<Double>) -> CBOR {
        .array(values.map { $0.isFinite ? .double($0) : .null })
    }

    private static func rows(_ values: [Double], width: Int) -> CBOR {
        .array(
            stride(from: 0, to: values.count, by: max(1, width)).map {
                row(values[$0..<min(values.count, $0 + max(1, width))])
            })
    }
}
