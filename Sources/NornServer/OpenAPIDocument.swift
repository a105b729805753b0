import HTTPTypes
import NornManifest
import NornSite

/// The OpenAPI 3.1 document, made from the routes themselves.
enum OpenAPIDocument {
    static func make(routes: [APIRoute], version: String) -> JSON {
        var paths = JSONObject()
        for route in routes {
            var item = paths[route.path]?.asObject ?? JSONObject()
            item[route.method.rawValue.lowercased()] = .object(operation(route))
            paths[route.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Norn", "version": .string(version),
                "description": "One site of a federated-learning scheduler. Times are milliseconds since 1970 in UTC.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(APISchemas.all),
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    private static func operation(_ route: APIRoute) -> JSONObject {
        var operation: JSONObject = [
            "operationId": .string(route.operation), "summary": .string(route.summary),
            "parameters": .array(parameters(route)),
            "responses": .object([
                String(route.status.code): .object(answer(route)),
                "default": [
                    "description": "Why not",
                    "content": ["application/json": ["schema": reference("Error")]],
                ],
            ]),
        ]
        if let right = route.right {
            operation["security"] = [["token": []]]
            operation["x-norn-right"] = .string(right.rawValue)
        } else {
            operation["security"] = []
        }
        switch route.body {
        case .none: break
        case .json(let schema):
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": reference(schema)]],
            ]
        case .stream(let mediaType):
            operation["requestBody"] = ["required": true, "content": .object([mediaType: [:]])]
        }
        return operation
    }

    private static func parameters(_ route: APIRoute) -> [JSON] {
        let inPath = route.parameters.map { name -> JSON in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        return inPath + route.query.map { optional($0, in: "query") } + route.headers.map { optional($0, in: "header") }
    }

    private static func optional(_ parameter: APIRoute.Query, in place: String) -> JSON {
        [
            "name": .string(parameter.name), "in": .string(place), "required": false,
            "description": .string(parameter.summary),
            "schema": ["type": parameter.isInteger ? "integer" : "string"],
        ]
    }

    private static func answer(_ route: APIRoute) -> JSONObject {
        let content: JSON =
            switch route.answer {
            case .json(let schema): ["application/json": ["schema": reference(schema)]]
            case .jsonArray(let schema):
                ["application/json": ["schema": ["type": "array", "items": reference(schema)]]]
            case .events: ["text/event-stream": ["schema": ["type": "string"]]]
            case .stream(let mediaType): .object([mediaType: ["schema": ["type": "string"]]])
            case .document: ["application/json": ["schema": ["type": "object"]]]
            }
        return ["description": .string(route.summary), "content": content]
    }

    private static func reference(_ schema: String) -> JSON { ["$ref": .string("#/components/schemas/\(schema)")] }
}
