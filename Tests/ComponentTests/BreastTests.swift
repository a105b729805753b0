import Foundation
import NornKit
import NornTestHost
import Testing

/// The demo's job: what FATE's own flow test asserts, and what a plain computation gives.
@Suite struct BreastTests {
    static let losses = [0.693147, 78.87555, 5.69506, 1.47856, 0.73301]
    static let expectedArea = 0.975186

    private static func example(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "conf/examples/\(name).csv"), encoding: .utf8)
    }

    static let parameters: [String: CBOR] = [
        "penalty": "L2", "alpha": 0.01, "optimizer": "rmsprop", "learning_rate": 0.15, "batch_size": -1, "max_iter": 5,
        "init_param": ["init_method": "zeros"], "encrypt_param": ["key_length": 1024], "tol": 1e-4,
    ]

    @Test(arguments: [["breast_host"], ["breast_host_1", "breast_host_2"]])
    func trainingGivesFATEsNumbers(hosts: [String]) async throws {
        let guest = TestParty(
            .guest, "9999",
            inputs: [.instances("train_data", csv: try Self.example("breast_guest"), label: "y")])
        let others = try hosts.enumerated().map { index, name in
            TestParty(
                .host, "\(10000 + index)", inputs: [.instances("train_data", csv: try Self.example(name))])
        }
        let run = try await TestHost(product: "norn_linear", cores: 2).run(
            "HeteroLR", parameters: Self.parameters, parties: [guest] + others + [TestParty(.arbiter, "10009")])
        #expect(run.succeeded, "\(run.failures)")
        #expect(run.losses.count == 5)
        for (loss, expected) in zip(run.losses, Self.losses) { #expect(abs(loss - expected) <= 1e-3 * expected) }
        let rows = try await run[.guest].table().collect(CBOR.self).compactMap(\.value.array)
        #expect(rows.count == 569)
        #expect(abs(areaUnderCurve(rows.map { ($0[0].double ?? 0, $0[2].double ?? 0) }) - Self.expectedArea) <= 1e-4)
    }
}

/// The share of pairs of a 1 and a 0 in which the 1 has the higher score; a tie is half a pair.
private func areaUnderCurve(_ rows: [(label: Double, score: Double)]) -> Double {
    let ones = rows.filter { $0.label == 1 }, zeros = rows.filter { $0.label == 0 }
    var pairs = 0.0
    for one in ones { for zero in zeros { pairs += one.score > zero.score ? 1 : one.score == zero.score ? 0.5 : 0 } }
    return pairs / Double(ones.count * zeros.count)
}
