import Glibc
import NornABI
import NornManifest

/// A task to create instances with, outside of any attempt. Its memory lives as long as the process: a plugin may keep it.
struct TrialTask {
    private let task: UnsafeMutablePointer<norn_task>
    // Sendable: written once, here; constant from then on.
    nonisolated(unsafe) private static let idle: UnsafeMutablePointer<UInt32> = {
        let flag = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        flag.initialize(to: 0)
        return flag
    }()

    /// With every parameter's default.
    init(component: String, manifest: Manifest?) {
        let declared = manifest?.component(component)
        let parameters = declared.map { CBOR(JSON.object($0.parameters.defaults)) } ?? .map([:])
        self.init(
            component: component, role: declared?.roles.first?.rawValue ?? "guest", parameters: parameters.encoded())
    }

    init(component: String, role: String, parameters: [UInt8]) {
        task = .allocate(capacity: 1)
        task.initialize(to: norn_task())
        task.pointee.struct_size = UInt32(MemoryLayout<norn_task>.size)
        task.pointee.job = Self.text("check")
        task.pointee.task = Self.text("\(component.lowercased())_0")
        task.pointee.component = Self.text(component)
        task.pointee.role = Self.text(role)
        task.pointee.party = Self.text("9999")
        let parties: CBOR = ["guest": ["9999"], "host": ["10000"], "arbiter": ["10001"], "local": ["0"]]
        task.pointee.parties = Self.bytes(parties.encoded())
        task.pointee.parameters = Self.bytes(parameters)
        task.pointee.cancel_flag = UnsafePointer(Self.idle)
        task.pointee.cores = 1
        task.pointee.partitions = 4
    }

    struct Answer {
        let status: norn_status
        let instance: UnsafeMutableRawPointer?
        let message: String
        /// What lay behind the error is as it was.
        let isErrorIntact: Bool

        func destroy(_ component: UnsafePointer<norn_component>) {
            if status == NORN_OK { component.pointee.destroy?(instance) }
        }
    }

    func create(
        _ component: UnsafePointer<norn_component>, host: UnsafePointer<norn_host>, withError: Bool = true
    ) -> Answer {
        var instance: UnsafeMutableRawPointer?
        guard withError else {
            let status = component.pointee.create(component, host, task, &instance, nil)
            return Answer(status: status, instance: instance, message: "", isErrorIntact: true)
        }
        var guarded = GuardedError()
        let status = component.pointee.create(component, host, task, &instance, &guarded.error)
        return Answer(
            status: status, instance: instance, message: guarded.error.text, isErrorIntact: guarded.isIntact)
    }

    private static func text(_ text: String) -> norn_string {
        norn_string(data: strdup(text), count: UInt64(text.utf8.count))
    }

    private static func bytes(_ bytes: [UInt8]) -> norn_bytes {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        copy.initialize(repeating: 0, count: max(1, bytes.count))
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        return norn_bytes(data: UnsafePointer(copy), count: UInt64(bytes.count))
    }
}

/// An error with a mark behind it.
struct GuardedError {
    private static let mark: UInt64 = 0x5afe_5afe_5afe_5afe

    var error: norn_error
    private var marks: (UInt64, UInt64, UInt64, UInt64)

    init() {
        error = norn_error()
        error.struct_size = UInt32(MemoryLayout<norn_error>.size)
        marks = (Self.mark, Self.mark, Self.mark, Self.mark)
    }

    var isIntact: Bool {
        [marks.0, marks.1, marks.2, marks.3].allSatisfy { $0 == Self.mark }
            && error.struct_size == UInt32(MemoryLayout<norn_error>.size)
            && Int(error.message_count) <= MemoryLayout.size(ofValue: error.message)
    }
}
