/// A JSON value and the place where it stands, so that every error can name it.
struct ManifestReader {
    let json: JSON
    let path: String

    init(_ json: JSON, at path: String = "") {
        self.json = json
        self.path = path
    }

    private func wrongType(_ wanted: String) -> ManifestError {
        ManifestError(.wrongType, at: path, "the value is not \(wanted)", "Give \(wanted).")
    }

    func object() throws(ManifestError) -> ManifestObject {
        guard let object = json.asObject else { throw wrongType("an object") }
        return ManifestObject(object: object, path: path)
    }

    func array(atLeast minimum: Int = 0, atMost maximum: Int = 4096) throws(ManifestError) -> [ManifestReader] {
        guard let array = json.asArray else { throw wrongType("an array") }
        guard (minimum...maximum).contains(array.count) else {
            throw ManifestError(
                .limit, at: path, "the array has \(array.count) elements",
                "Give \(minimum) to \(maximum) elements.")
        }
        return array.enumerated().map { ManifestReader($0.element, at: JSONPath.joined(path, $0.offset)) }
    }

    func text(maximum: Int = 1024, allowEmpty: Bool = true) throws(ManifestError) -> String {
        guard let text = json.asString else { throw wrongType("a text") }
        guard allowEmpty || !text.isEmpty else {
            throw ManifestError(.wrongValue, at: path, "the text is empty", "Give a text.")
        }
        guard text.utf8.count <= maximum, !text.utf8.contains(0) else {
            throw ManifestError(
                .limit, at: path, "the text is longer than \(maximum) bytes or holds a zero byte",
                "Give a shorter text.")
        }
        return text
    }

    func boolean() throws(ManifestError) -> Bool {
        guard let value = json.asBool else { throw wrongType("true or false") }
        return value
    }

    func number() throws(ManifestError) -> Double {
        guard let value = json.asDouble else { throw wrongType("a number") }
        return value
    }

    /// A whole number of at least zero.
    func count(atLeast minimum: Int = 0, atMost maximum: Int = .max) throws(ManifestError) -> Int {
        guard let value = json.asInt else { throw wrongType("a whole number") }
        guard (minimum...maximum).contains(value) else {
            throw ManifestError(
                .wrongValue, at: path, "\(value) is not within \(minimum) and \(maximum)",
                "Give a number from \(minimum) to \(maximum).")
        }
        return value
    }

    func choice<Choice: RawRepresentable & CaseIterable>(of type: Choice.Type) throws(ManifestError) -> Choice
    where Choice.RawValue == String {
        let text = try text()
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw ManifestError(.wrongValue, at: path, "\"\(text)\" is not known here", "Give one of \(known).")
        }
        return choice
    }

    /// A name of letters, digits and the given marks.
    func name(marks: String = "_-", maximum: Int = 128) throws(ManifestError) -> String {
        let text = try text(maximum: maximum, allowEmpty: false)
        guard text.unicodeScalars.allSatisfy({ Self.isNameScalar($0) || marks.unicodeScalars.contains($0) }) else {
            throw ManifestError(
                .wrongValue, at: path, "\"\(text)\" is not a name",
                "Use the letters a to z and A to Z, digits and \(marks.map(String.init).joined(separator: " ")).")
        }
        return text
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}

/// A JSON object and the place where it stands.
struct ManifestObject {
    let object: JSONObject
    let path: String

    var members: [(key: String, value: ManifestReader)] {
        object.members.map { ($0.key, ManifestReader($0.value, at: JSONPath.joined(path, $0.key))) }
    }

    /// A member that may be missing; a null is a value of the wrong type.
    func optional(_ key: String) -> ManifestReader? {
        object[key].map { ManifestReader($0, at: JSONPath.joined(path, key)) }
    }

    func required(_ key: String) throws(ManifestError) -> ManifestReader {
        guard let value = optional(key) else {
            throw ManifestError(
                .missing, at: JSONPath.joined(path, key), "the value is missing", "Add \"\(key)\".")
        }
        return value
    }

    /// Warnings for members that this version does not know.
    func unknownMembers(knowing known: Set<String>) -> [ManifestWarning] {
        object.keys.filter { !known.contains($0) && !$0.hasPrefix("$") }.map { key in
            let hint = NearestName.find(key, in: known).map { ", did you mean \"\($0)\"?" } ?? ""
            return ManifestWarning(
                path: JSONPath.joined(path, key), message: "the key is not known and is ignored\(hint)")
        }
    }
}
