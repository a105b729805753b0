import Foundation
import NornSite
import Testing

@testable import NornServer

/// The table of what FATE's clients ask for (`CLIENTS.md`) against the routes and against the client's own commands.
@Suite struct ClientTableTests {
    struct Row {
        var commands: [String]
        var methods: [String]
        var request: String
        var right: String
        var answer: String
    }

    static func rows() throws -> [Row] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/NornServer/V1/CLIENTS.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }
            .dropFirst().map { line in
                let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                guard cells.count == 5 else { throw CocoaError(.formatting) }
                let lists = cells.prefix(2).map { cell in
                    cell.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                }
                return Row(
                    commands: lists[0], methods: lists[1], request: cells[2].replacing("`", with: ""),
                    right: cells[3], answer: cells[4])
            }
    }

    /// Every leaf of `flow` of fate-client 1.11.3, as walking its groups lists them, but `init`, which sends nothing.
    static let commands = """
        checkpoint get list|component get-summary hetero-model-merge list metric-all metric-delete metrics output-data \
        output-data-table output-model parameters woe-array-extract woe-array-merge|data download upload upload-history \
        writer|job config dsl list log parameter-update query rerun stop submit view|key delete query save|model bind \
        deploy export get-model-info get-predict-conf get-predict-dsl homo-convert homo-deploy import load migrate \
        tag-list tag-model|privilege delete grant query|provider list list-components register|queue clean|resource query \
        return|server reload versions|service registry|table add bind connector-create connector-query delete disable \
        disable-delete enable info tracking-job tracking-source|tag create delete list query update|task list query|\
        template download|test min toy|tracking get-summary metric-all metrics output-data output-data-table \
        output-model parameters
        """

    /// Every method of flow_sdk's API classes that sends something.
    static let methods = """
        checkpoint get_checkpoint list_checkpoints|component get_summary hetero_model_merge list metric_all metric_delete \
        metrics output_data output_data_table output_model parameters woe_array_extract woe_array_merge|data download \
        upload upload_history|job config generate_dsl list log query stop submit view|model bind deploy export_model \
        get_model_info get_predict_conf get_predict_dsl homo_convert homo_deploy import_model load migrate tag_list \
        tag_model|privilege delete grant query|queue clean|table bind delete info|tag create delete list query update|\
        task list query|test toy|version api centos eggroll fate fate_board fate_flow jdk maven python spark ubuntu
        """

    private static func leaves(_ text: String, _ separator: String) -> Set<String> {
        Set(
            text.split(separator: "|").flatMap { group in
                let words = group.split(separator: " ")
                return words.dropFirst().map { "\(words[0])\(separator)\($0)" }
            })
    }

    @Test func everyCommandAndEveryMethodHasARow() throws {
        let rows = try Self.rows()
        // An option that asks for something else has a row of its own.
        let commands = Set(
            rows.flatMap(\.commands).map { $0.split(separator: " ").prefix(2).joined(separator: " ") })
        #expect(commands == Self.leaves(Self.commands, " "))
        let methods = Set(rows.flatMap(\.methods).filter { !$0.hasPrefix("pipeline ") && $0 != "board" })
        #expect(methods == Self.leaves(Self.methods, "."))
    }

    @Test func theRoutesAreThoseOfTheTableWithTheirRights() throws {
        let rows = try Self.rows()
        let routes = Dictionary(
            uniqueKeysWithValues: V1Router.routes.map { ($0.request, $0.right?.rawValue ?? "") })
        let table = Dictionary(uniqueKeysWithValues: rows.map { ($0.request, $0.right) })
        #expect(table == routes)
    }

    @Test func whatIsRefusedHasItsReason() throws {
        for row in try Self.rows() where row.answer != "works" {
            let parts = row.answer.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(parts.count == 2 && parts[0] == "refused 103", "\(row.request)")
            let reason = V1RefusedRoutes.reasons.first { $0.path == V1Answers.prefix + row.request }?.reason
            #expect(reason?.contains(parts.last ?? " ") == true, "\(row.request): \(reason ?? "no reason")")
        }
        #expect(try Self.rows().count { $0.answer != "works" } == V1RefusedRoutes.reasons.count)
    }
}
