import NornFlow
import NornStore

/// Words that people put on versions of models.
extension Site {
    static let tagsMaximum = 10_000
    static let tagBytesMaximum = 128
    static let tagDescriptionBytesMaximum = 1024

    /// Tags, each with the versions of the caller's parties that have it.
    public func modelTags(_ caller: Caller) async throws -> [ModelTagView] {
        let tagged = try await store.taggedModels()
        var visible = Set(tagged.map(\.version))
        for version in visible where try await !mayTag(version, caller) { visible.remove(version) }
        return try await store.tags().map { tag in
            ModelTagView(
                name: tag.name, description: tag.description, created: tag.created,
                versions: tagged.filter { $0.tag == tag.name && visible.contains($0.version) }.map(\.version))
        }
    }

    private func mayTag(_ version: String, _ caller: Caller) async throws -> Bool {
        guard !caller.parties.isEmpty else { return true }
        do {
            _ = try await modelParts(version, id: nil, caller)
            return true
        } catch let error as SiteError where error.code == "model_not_found" {
            return false
        }
    }

    /// Refuses to change a tag that versions of others' parties have: it is taken off them, too.
    private func requireTag(_ name: String, _ caller: Caller) async throws {
        for tagged in try await store.taggedModels() where tagged.tag == name {
            guard try await mayTag(tagged.version, caller) else {
                throw SiteError(
                    "forbidden_tag", "The tag \(name) is on models of other parties, too", field: "tag_name",
                    hint: "Take it off your own versions")
            }
        }
    }

    public func modelTag(_ name: String, _ caller: Caller) async throws -> ModelTagView {
        guard let tag = try await modelTags(caller).first(where: { $0.name == name }) else {
            throw SiteError.notFound("tag", String(name.prefix(Self.tagBytesMaximum)))
        }
        return tag
    }

    /// Makes a tag; one that is there is refused.
    public func createModelTag(_ name: String, description: String, _ caller: Caller) async throws -> ModelTagView {
        try Self.check(name, description)
        let tags = try await store.tags()
        guard !tags.contains(where: { $0.name == name }) else {
            throw SiteError("conflict", "There is a tag \(name) already", field: "tag_name")
        }
        guard tags.count < Self.tagsMaximum else {
            throw SiteError("too_many_tags", "The site has \(Self.tagsMaximum) tags", hint: "Remove some")
        }
        try await store.putTag(
            ModelTagRecord(name: name, description: description, created: Clocks.wallMilliseconds()))
        return try await modelTag(name, caller)
    }

    /// Gives a tag another name or description.
    public func updateModelTag(
        _ name: String, to next: String?, description: String?, _ caller: Caller
    ) async throws -> ModelTagView {
        let tag = try await modelTag(name, caller)
        try await requireTag(name, caller)
        try Self.check(next ?? name, description ?? tag.description)
        if let next, next != name {
            guard try await store.renameTag(name, to: next) else {
                throw SiteError("conflict", "There is a tag \(next) already", field: "new_tag_name")
            }
        }
        if let description {
            try await store.putTag(
                ModelTagRecord(name: next ?? name, description: description, created: tag.created))
        }
        return try await modelTag(next ?? name, caller)
    }

    public func removeModelTag(_ name: String, _ caller: Caller) async throws {
        try await requireTag(name, caller)
        guard try await store.removeTag(name) else { throw SiteError.notFound("tag", name) }
    }

    /// Puts a tag on a version, which a party of the caller must have; the tag is made where it is not there.
    public func tagModel(_ version: String, with name: String, _ caller: Caller) async throws {
        _ = try await modelParts(version, id: nil, caller)
        if try await !store.tags().contains(where: { $0.name == name }) {
            _ = try await createModelTag(name, description: "", caller)
        }
        try await store.tag(version, with: name)
    }

    public func untagModel(_ version: String, of name: String, _ caller: Caller) async throws {
        _ = try await modelParts(version, id: nil, caller)
        guard try await store.untag(version, of: name) else {
            throw SiteError("tag_not_found", "The version \(version) has no tag \(name)", field: "tag_name")
        }
    }

    private static func check(_ name: String, _ description: String) throws {
        guard !name.isEmpty, name.utf8.count <= tagBytesMaximum, !name.contains(where: \.isNewline) else {
            throw SiteError.invalid("A tag is a word of at most \(tagBytesMaximum) bytes", field: "tag_name")
        }
        guard description.utf8.count <= tagDescriptionBytesMaximum else {
            throw SiteError.invalid(
                "A tag's description has at most \(tagDescriptionBytesMaximum) bytes", field: "tag_desc")
        }
    }
}
