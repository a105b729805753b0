import NornDialects
import NornSite

/// What FATE's clients may ask for and no Norn site does, each with the reason. They are served so that the client gets
/// a sentence, and nothing is recorded.
enum V1RefusedRoutes {
    private static let notServing = "serving is not in this version"

    private static let notByRole =
        "a privilege of a role is not of FATE-Flow 1.11; grant tables to a party: flow privilege grant, or norn data grant"

    static let reasons: [(path: String, reason: String)] = [
        (
            "/v1/server/reload",
            "settings are read when the site starts: change <home>/site.yaml and restart norn serve; jobs go on after it"
        ),
        ("/v1/server/service/get", "a Norn site has no service registry; norn site status shows its peers"),
        (
            "/v1/key/public/save",
            "keys of partners are pinned by an administrator: norn site trust NAME --pin sha256:… --party ID"
        ),
        ("/v1/key/public/delete", "keys of partners are taken back by an administrator: norn site trust NAME --remove"),
        ("/v1/key/query", "keys of partners are shown by norn site status"),
        (
            "/v1/provider/register",
            "a provider is a plugin, which an administrator adds with norn plugin install; no folder is registered"
        ),
        (
            "/v1/resource/return",
            "resources of a job go back by themselves, exactly once, when it ends; norn site status shows what is held"
        ),
        (
            "/v1/table/connector/create",
            "this version reads no external storage: upload the data, or bind a path below data.folders"
        ),
        ("/v1/table/connector/query", "this version has no connectors to external storage"),
        (
            "/v1/tracking/component/metric/delete",
            "metrics are a part of their job and go with it: norn job clean JOB"
        ),
        ("/v1/permission/grant/privilege", notByRole), ("/v1/permission/delete/privilege", notByRole),
        ("/v1/permission/query/privilege", notByRole),
        ("/v1/model/load", notServing), ("/v1/model/bind", notServing),
        (
            "/v1/model/store",
            "models are kept by the site itself, in no other database; flow model export takes one out"
        ),
        (
            "/v1/model/restore",
            "models are kept by the site itself, in no other database; flow model import takes one in"
        ),
        ("/v1/model/homo/convert", "this version does not turn models into those of other frameworks"),
        ("/v1/model/homo/deploy", notServing),
        ("/v1/component/hetero/merge", "models of several parties are not merged: each party keeps its own part"),
        ("/v1/component/woe_array/extract", "this version does not take WOE arrays out of models"),
        ("/v1/component/woe_array/merge", "this version does not put WOE arrays into models"),
    ]

    static let all: [V1Route] = reasons.map { path, reason in
        V1Route(path: path, right: .read, failure: .operating) { _ in throw V1Refusal(.operating, reason) }
    }
}
