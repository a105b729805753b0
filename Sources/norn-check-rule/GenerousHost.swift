import NornABI

/// A host that grants every extension, and whose extensions all say that the attempt is cancelled: enough for create, which
/// does no work, outside of any attempt.
enum GenerousHost {
    // Written once, here; constant from then on.
    nonisolated(unsafe) static let table: UnsafePointer<norn_host> = {
        var host = TrialHost.make()
        host.get_extension = { _, id, revision in
            guard revision == 1 else { return nil }
            return GenerousHost.extensions[id.trialText]
        }
        return Self.keep(host)
    }()

    // Written once, here; constant from then on.
    nonisolated(unsafe) private static let extensions: [String: UnsafeRawPointer] = [
        NORN_ARTIFACTS_ID: UnsafeRawPointer(artifacts), NORN_ENGINE_ACCESS_ID: UnsafeRawPointer(engineAccess),
        NORN_FEDERATION_ID: UnsafeRawPointer(federation), NORN_TRACKING_ID: UnsafeRawPointer(tracking),
        NORN_WORKERS_ID: UnsafeRawPointer(workers),
    ]

    private static func keep<Value>(_ value: Value) -> UnsafePointer<Value> {
        let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        place.initialize(to: value)
        return UnsafePointer(place)
    }

    private static var artifacts: UnsafePointer<norn_artifacts> {
        keep(
            norn_artifacts(
                struct_size: UInt32(MemoryLayout<norn_artifacts>.size), _pad0: 0, inputs: { _, _, _ in NORN_CANCELLED },
                open_table: { _, _, _, _, _ in NORN_CANCELLED }, read: { _, _, _, _, _ in NORN_CANCELLED },
                output_table: { _, _, _, _, _ in NORN_CANCELLED }, write: { _, _, _, _ in NORN_CANCELLED }))
    }

    private static var engineAccess: UnsafePointer<norn_engine_access> {
        keep(
            norn_engine_access(
                struct_size: UInt32(MemoryLayout<norn_engine_access>.size), _pad0: 0,
                session: { _, _, _, _ in NORN_CANCELLED }, kernel: { _, _, _, _, _ in NORN_CANCELLED }))
    }

    private static var federation: UnsafePointer<norn_federation> {
        keep(
            norn_federation(
                struct_size: UInt32(MemoryLayout<norn_federation>.size), _pad0: 0,
                send: { _, _, _, _, _, _, _ in NORN_CANCELLED }, send_table: { _, _, _, _, _, _, _ in NORN_CANCELLED },
                post: { _, _, _, _, _, _, _ in NORN_CANCELLED }, wait: { _, _, _, _, _, _, _ in NORN_CANCELLED },
                take: { _, _, _, _ in NORN_CANCELLED }, take_table: { _, _, _, _ in NORN_CANCELLED }, drop: { _, _ in })
        )
    }

    private static var tracking: UnsafePointer<norn_tracking> {
        keep(
            norn_tracking(
                struct_size: UInt32(MemoryLayout<norn_tracking>.size), _pad0: 0, metric: { _, _, _ in NORN_OK },
                progress: { _, _, _, _, _ in NORN_OK }, summary: { _, _, _ in NORN_OK },
                model: { _, _, _, _ in NORN_OK }))
    }

    private static var workers: UnsafePointer<norn_workers> {
        keep(
            norn_workers(
                struct_size: UInt32(MemoryLayout<norn_workers>.size), _pad0: 0, width: { _ in 1 },
                parallel_for: { _, _, _, _, _ in NORN_CANCELLED }))
    }
}
