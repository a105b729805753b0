import NornFlow
import NornStore

/// Words that people put on versions of models.
extension Site {
    static let tagsMaximum = 10_000
    static let tagBytesMaximum = 128
    static let tagDescriptionBytesMaximum = 1024

    public func modelTags() async throws -> [ModelTagView] {
        let tagged = try await store.taggedModels()
        return try await store.tags().map { tag in
            ModelTagView(
                name: tag.name, description: tag.description, created: tag.created,
                versions: tagged.filter { $0.tag == tag.name }.map(\.version))
        }
    }

    public func modelTag(_ name: String) async throws -> ModelTagView {
        guard let tag = try await modelTags().first(where: { $0.name == name }) else {
            throw SiteError.notFound("tag", String(name.prefix(Self.tagBytesMaximum)))
        }
        return tag
    }

    /// Makes a tag; one that is there is refused.
    public func createModelTag(_ name: String, description: String) async throws -> ModelTagView {
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
        return try await modelTag(name)
    }

    /// Gives a tag another name or description.
    public func updateModelTag(_ name: String, to next: String?, description: String?) async throws -> ModelTagView {
        let tag = try await modelTag(name)
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
        return try await modelTag(next ?? name)
    }

    public func removeModelTag(_ name: String) async throws {
        guard try await store.removeTag(name) else { throw SiteError.notFound("tag", name) }
    }

    /// Puts a tag on a version, which a party of the caller must have; the tag is made where it is not there.
    public func tagModel(_ version: String, with name: String, _ caller: Caller) async throws {
        _ = try await modelParts(version, id: nil, caller)
        if try await !store.tags().contains(where: { $0.name == name }) {
            _ = try await createModelTag(name, description: "")
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
