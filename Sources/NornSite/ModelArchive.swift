import Crypto
import Foundation
import NornFlow
import NornStore

/// One party's part of a version as a file: `manifest.json`, then the models by their number there.
struct ModelArchive {
    static let manifestName = "manifest.json"
    static let manifestBytesMaximum = 32 << 20

    struct Manifest: Codable, Equatable {
        struct File: Codable, Equatable {
            var task: String
            var name: String
            var entry: String
            var digest: String
            var bytes: Int
        }

        static let formats = 1...1

        var format = Manifest.formats.upperBound
        var modelID: String
        var version: String
        var role: String
        var party: String
        var origin: String
        var source: String
        var created: Int64
        var contents: ModelContents
        var files: [File]
    }

    var manifest: Manifest
    /// In the order of the manifest's files.
    var files: [[UInt8]]

    static func digest(_ bytes: some Sequence<UInt8>) -> String {
        SHA256.hash(data: Data(bytes)).map { String(format: "%02x", $0) }.joined()
    }

    // MARK: Out

    init(_ model: PartyModel, registry: ModelRegistry) throws {
        manifest = Manifest(
            modelID: model.reference.id, version: model.reference.version, role: model.party.role.rawValue,
            party: model.party.id, origin: model.origin.rawValue, source: model.source, created: model.created,
            contents: model.contents, files: [])
        files = []
        for (index, file) in model.files.enumerated() {
            guard let data = FileManager.default.contents(atPath: try registry.checkedPath(file)) else {
                throw SiteError("model_damaged", "The file of \(file.task).\(file.name) is not there any more")
            }
            let bytes = [UInt8](data)
            manifest.files.append(
                Manifest.File(
                    task: file.task, name: file.name, entry: "models/\(index)", digest: Self.digest(bytes),
                    bytes: bytes.count))
            files.append(bytes)
        }
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let head = ZipArchive.Entry(name: Self.manifestName, bytes: [UInt8](try encoder.encode(manifest)))
        return try ZipArchive.write(
            [head] + zip(manifest.files, files).map { ZipArchive.Entry(name: $0.entry, bytes: $1) })
    }

    // MARK: In

    /// - Throws: `SiteError` `archive_refused` for anything that an export does not write.
    init(decoding bytes: [UInt8]) throws {
        let entries = try ZipArchive.read(bytes)
        guard let head = entries.first, head.name == Self.manifestName, head.bytes.count <= Self.manifestBytesMaximum
        else { throw ZipArchive.refusal("it does not begin with \(Self.manifestName)") }
        do {
            manifest = try JSONDecoder().decode(Manifest.self, from: Data(head.bytes))
        } catch {
            throw ZipArchive.refusal("its \(Self.manifestName) cannot be read")
        }
        guard Manifest.formats.contains(manifest.format), ModelContents.formats.contains(manifest.contents.format)
        else {
            throw ZipArchive.refusal("it is of form \(manifest.format), which this release does not know")
        }
        let models = entries.dropFirst()
        guard models.map(\.name) == manifest.files.map(\.entry) else {
            throw ZipArchive.refusal("its entries are not those of its \(Self.manifestName)")
        }
        files = models.map(\.bytes)
        for (file, bytes) in zip(manifest.files, files) {
            guard file.bytes == bytes.count, file.digest == Self.digest(bytes) else {
                throw ZipArchive.refusal("its \(file.entry) is not what its \(Self.manifestName) says")
            }
        }
        try check()
    }

    /// Ids are those of the job in it, and names are such as jobs have here.
    private func check() throws {
        let reference = ModelReference(id: manifest.modelID, version: manifest.version)
        if let flaw = PartnerNames.flaw(reference) { throw ZipArchive.refusal("\(flaw) is no name here") }
        let trained = manifest.contents.trained
        guard let role = Role(rawValue: manifest.role), ModelReference.id(of: trained.parties) == reference.id,
            trained.parties.contains(Party(role: role, id: manifest.party)), trained.parties.contains(trained.initiator)
        else { throw ZipArchive.refusal("its model is not of the parties that its id names") }
        if let flaw = PartnerNames.flaw(in: trained) { throw ZipArchive.refusal("\(flaw) is no name here") }
        guard manifest.files.count <= ModelRegistry.filesMaximum,
            Set(manifest.files.map { "\($0.task)/\($0.name)" }).count == manifest.files.count
        else { throw ZipArchive.refusal("it has a model twice, or too many") }
        for file in manifest.files {
            guard let task = trained.task(named: file.task), task.outputs.contains(where: { $0.name == file.name })
            else {
                throw ZipArchive.refusal("the job in it has no \(file.task).\(file.name)")
            }
        }
        guard ModelOrigin(rawValue: manifest.origin) != nil else { throw ZipArchive.refusal("its origin is unknown") }
    }
}
