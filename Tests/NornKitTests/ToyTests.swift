import NornKit
import NornTestHost
import Testing

/// The toy from its built library, both parties in this process.
@Suite struct ToyTests {
    private let parties = [TestParty(.guest, "9999"), TestParty(.host, "10000")]

    @Test func guestLearnsTheSum() async throws {
        let run = try await TestHost(product: "norn_toy").run("SecureAddExample", parties: parties)
        #expect(run[.guest].error == nil)
        #expect(run[.host].error == nil)
        #expect(run[.guest].summary == ["secure_sum": 2000.0])
        #expect(run[.guest].points("secure_sum") == [["secure_sum", 2000.0]])
        let line = "secure_add_guest: success to calculate secure_sum, it is 2000.0"
        #expect(run[.guest].log.map(\.text).contains(line))
        #expect(run[.host].metrics.isEmpty)
    }

    @Test func countsWhatTheParametersSay() async throws {
        let run = try await TestHost(product: "norn_toy").run(
            "SecureAddExample", parameters: ["data_num": 77, "partition": 3], parties: parties)
        #expect(run[.guest].summary == ["secure_sum": 154.0])
    }

    @Test func refusesAWrongParameterByName() async throws {
        let host = try TestHost(product: "norn_toy")
        let few = try await host.run("SecureAddExample", parameters: ["data_num": 0], parties: parties)
        #expect(few[.guest].error?.message.contains("data_num") == true)
        #expect(few[.guest].error?.fault == .user)
        let unknown = try await host.run("SecureAddExample", parameters: ["data_numb": 1], parties: parties)
        #expect(unknown[.host].error?.message.contains("data_numb") == true)
        let text = try await host.run("SecureAddExample", parameters: ["data_num": "many"], parties: parties)
        #expect(text[.host].error?.message.contains("must be an integer, not a text") == true)
    }

    @Test func failsEverywhereWhenThePartiesDisagree() async throws {
        let run = try await TestHost(product: "norn_toy").run(
            "SecureAddExample",
            parties: [TestParty(.guest, "9999", parameters: ["data_num": 5]), TestParty(.host, "10000")])
        #expect(!run.succeeded)
        #expect(!run.isTimeUp)
    }
}
