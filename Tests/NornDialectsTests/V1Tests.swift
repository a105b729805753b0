import NornDialects
import NornFlow
import NornManifest
import Testing

@Suite struct V1Tests {
    private static let job = Job(
        id: "2026112712000000000001", initiator: Party(role: .guest, id: "9999"),
        parties: [
            Party(role: .guest, id: "9999"), Party(role: .host, id: "10000"), Party(role: .host, id: "10001"),
            Party(role: .arbiter, id: "10000"),
        ],
        tasks: [
            JobTask(
                name: "lr_0", module: "HeteroLR", provider: "fate@1.11.3", parties: [Party(role: .guest, id: "9999")],
                parameters: [Party(role: .guest, id: "9999"): ["alpha": .double(0.5), "need_run": .bool(false)]])
        ])

    private static func row(_ party: Party, status: String = "success") -> V1JobRow {
        V1JobRow(
            job: job, party: party, status: status, submitter: "ada", description: "", progressPercent: 100,
            created: 0, started: 1_000, ended: 3_500, cores: 2)
    }

    @Test func repliesLeaveOutWhatHasNoValue() {
        #expect(V1Reply().json == ["retcode": 0, "retmsg": "success"])
        #expect(
            V1Reply(["a": 1], message: "m", job: "7", meta: ["b": 2], code: .operating).json
                == ["retcode": 103, "retmsg": "m", "data": ["a": 1], "jobId": "7", "meta": ["b": 2]])
        #expect(V1Reply(.null).json["data"] == nil)
        #expect(V1Reply([]).json["data"] == [])
    }

    @Test func modelIDsNameRolesInTheOrderOfTheirNames() {
        #expect(Self.job.v1ModelID == "arbiter-10000#guest-9999#host-10000_10001#model")
        let local = Party(role: .local, id: "9999")
        #expect(Job(id: "1", initiator: local, parties: [local], tasks: []).v1ModelID == "local-0#model")
    }

    @Test func jobRowsHaveFATEsColumns() {
        let row = Self.row(Party(role: .host, id: "10001")).row
        #expect(row["party_id"] == "10001" && row["is_initiator"] == false && row["initiator_party_id"] == "9999")
        #expect(row["roles"] == ["guest": [9999], "host": [10000, 10001], "arbiter": [10000]])
        #expect(row["elapsed"] == 2_500 && row["start_date"] == "1970-01-01 00:00:01")
        #expect(row.prefixed["f_status"] == "success" && row.plain["status"] == "success")
        let described = Self.row(Party(role: .guest, id: "9999")).described
        #expect(described["dsl"]?["components"]?["lr_0"]?["module"] == "HeteroLR")
        #expect(described["runtime_conf"]?["role"]?["guest"] == [9999])
        let local = V1JobRow(
            job: Job(id: "1", initiator: Party(role: .local, id: "9"), parties: [], tasks: []),
            party: Party(role: .local, id: "9"), status: "running", submitter: "", description: "",
            progressPercent: 0, created: 5, started: nil, ended: nil, cores: 0
        ).row
        #expect(local["party_id"] == "0" && local["end_time"] == .null && local["update_time"] == 5)
    }

    @Test(arguments: [
        ("starting", "running", "running"), ("stopping", "running", "running"), ("lost", "waiting", "waiting"),
        ("success", "running", "success"), ("waiting", "waiting", "waiting"),
    ])
    func taskRowsShowOnlyStatesThatTheClientKnows(party: String, task: String, shown: String) {
        let row = V1TaskRow(
            job: Self.job, task: Self.job.tasks[0], party: Self.job.initiator, status: task, partyStatus: party,
            attempt: 2, created: 0, started: nil, ended: nil
        ).row
        #expect(row["party_status"] == .string(shown) && row["task_version"] == 2)
        #expect(row["task_id"] == "2026112712000000000001_lr_0" && row["run_on_this_party"] == false)
        #expect(row["provider_info"] == ["name": "fate", "version": "1.11.3"])
        #expect(row["component_parameters"]?["ComponentParam"]?["alpha"] == 0.5)
    }

    @Test(
        arguments: [
            (["role": "guest"], true), (["party_id": 9999], true), (["party_id": "9999"], true),
            (["party_id": ["1", 9999]], true), (["party_id": "10000"], false), (["is_initiator": true], true),
            (["is_initiator": 0], false), (["elapsed": [2_000, 3_000]], true), (["elapsed": [0, 100]], false),
            (["status": ["failed", "success"]], true), (["status": []], false),
            (["role": "guest", "status": "x"], false),
        ] as [(JSON, Bool)])
    func filtersHoldByEveryColumnThatIsNamed(request: JSON, holds: Bool) {
        let row = Self.row(Party(role: .guest, id: "9999")).row
        let filter = V1Filter(request, columns: row.columns)
        #expect(!filter.isEmpty && filter.matches(row) == holds)
    }

    @Test func whatIsNoColumnIsNoCondition() {
        let columns = Self.row(Party(role: .guest, id: "9999")).row.columns
        #expect(V1Filter(["local": ["role": "guest"], "limit": 5, "job_id": nil], columns: columns).isEmpty)
    }

    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00,000"), (951_782_399_999, "2000-02-28 23:59:59,999"),
            (951_868_799_001, "2000-02-29 23:59:59,001"), (1_795_780_800_042, "2026-11-27 12:00:00,042"),
            (-1, "1969-12-31 23:59:59,999"), (4_107_542_400_000, "2100-03-01 00:00:00,000"),
        ] as [(Int64, String)])
    func timesAreOfTheGregorianCalendar(milliseconds: Int64, text: String) {
        #expect(V1Time.preciseText(milliseconds) == text)
    }

    @Test func metricsAreGroupedByNamespaceAndName() {
        let series: [JSON] = [
            [
                "namespace": "train", "name": "loss", "type": "LOSS", "points": [[0, 0.7]],
                "meta": ["unit_name": "iters", "name": "x"],
            ],
            ["namespace": "train", "name": "auc", "type": "SCALAR", "points": [["auc", 0.9]], "meta": [:]],
            ["namespace": "validate", "name": "loss", "type": "LOSS", "points": [], "meta": [:]],
        ]
        #expect(V1Metrics.names(series) == ["train": ["loss", "auc"], "validate": ["loss"]])
        #expect(
            V1Metrics.all(series)["train"]?["loss"]
                == ["data": [[0, 0.7]], "meta": ["name": "loss", "metric_type": "LOSS", "unit_name": "iters"]])
    }

    @Test func schemasNameTheirColumnsAsFATEDoes() {
        let raw: JSON = [
            "header": ["y", "x0"], "id_name": "id", "delimiter": ";", "content": "raw", "label_name": nil,
            "anonymous_header": [],
        ]
        #expect(V1Schema.json(raw) == ["sid": "id", "header": "y;x0"])
        let read: JSON = [
            "header": ["x0"], "id_name": "id", "content": "instances", "label_name": "y",
            "anonymous_header": ["guest_9999_x0"],
        ]
        #expect(
            V1Schema.json(read)
                == ["sid": "id", "header": ["x0"], "label_name": "y", "anonymous_header": ["guest_9999_x0"]])
    }

    @Test func providersListTheirComponents() {
        let providers = V1Providers(Samples.catalogue)
        let fate = providers.json["fate"]
        #expect(fate?["default"]?["version"] == "1.11.3")
        #expect(fate?["1.11.3"]?["components"]?.asArray?.contains("HeteroLR") == true)
        #expect(providers.components["HeteroLR"]?["default_provider"] == "fate")
    }
}
