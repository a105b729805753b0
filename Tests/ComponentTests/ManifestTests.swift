import Foundation
import NornKit
import NornTestHost
import Testing

/// Admission compares manifests with what libraries say of themselves; here they are held together while both are
/// written.
@Suite struct ManifestTests {
    static let components = [
        ("intersect", ["Intersection"]), ("linear", ["HeteroLR", "HeteroLinR", "HomoLR", "LocalBaseline"]),
        ("data", ["DataTransform", "Reader"]),
        (
            "feature",
            [
                "ColumnExpand", "DataStatistics", "FeatureImputation", "FeatureScale", "FederatedSample",
                "HeteroDataSplit", "HeteroFeatureBinning", "HeteroFeatureSelection", "HeteroPearson", "HomoDataSplit",
                "HomoFeatureBinning", "HomoOneHotEncoder", "LabelTransform", "OneHotEncoder", "PSI", "SampleWeight",
                "Scorecard", "Union",
            ]
        ),
    ].flatMap { family, names in names.map { (family, $0) } }

    @Test(arguments: components)
    func manifestSaysWhatTheLibraryDescribes(family: String, name: String) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/\(family)/manifest.json")
        let manifest = try JSONDecoder().decode(CBOR.self, from: Data(contentsOf: path))
        let component = try #require(manifest["components"]?.array?.first { $0["name"]?.text == name })
        let described = try TestHost(product: "norn_\(family)").describe(name)
        #expect(component["name"] == described["name"])
        #expect(component["roles"] == described["roles"])
        for port in ["inputs", "outputs"] {
            #expect(component[port]?.array?.compactMap { $0["name"] } == described[port]?.array)
        }
        let properties = try #require(component["parameters"]?["properties"])
        #expect(defaults(properties) == described["parameters"].map(numbersAsDoubles))
        // The default of a nested parameter is the defaults of its own properties.
        for (name, property) in properties.map ?? [:] {
            guard let inner = property["properties"] else { continue }
            #expect(defaults(inner) == property["default"].map(numbersAsDoubles), "\(name)")
        }
    }

    private func defaults(_ properties: CBOR) -> CBOR {
        numbersAsDoubles(.map((properties.map ?? [:]).mapValues { $0["default"] ?? "no default" }))
    }
}

/// JSON does not tell 1 from 1.0, so both sides are compared with all numbers as doubles.
private func numbersAsDoubles(_ value: CBOR) -> CBOR {
    switch value {
    case .int(let value): .double(Double(value))
    case .array(let values): .array(values.map(numbersAsDoubles))
    case .map(let values): .map(values.mapValues(numbersAsDoubles))
    default: value
    }
}
