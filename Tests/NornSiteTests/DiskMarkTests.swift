import NornStore
import Synchronization
import Testing

@testable import NornSite

@Suite struct DiskMarkTests {
    @Test func belowTheMarkNothingNewBeginsUntilTheResumeMark() throws {
        let free = Mutex<Int64>(5000)
        let settings = SiteSettings.Disk()
        let mark = DiskMark(folder: "/", settings: settings) { _ in free.withLock { $0 << 20 } }
        try mark.requireRoom()
        free.withLock { $0 = Int64(settings.lowMegabytes) - 1 }
        let refusal = #expect(throws: SiteError.self) { try mark.requireRoom() }
        #expect(refusal?.code == "low_disk")
        #expect(refusal?.message.contains("1023 MiB are free") == true)
        // Between the marks it stays as it was.
        free.withLock { $0 = Int64(settings.resumeMegabytes) - 1 }
        #expect(throws: SiteError.self) { try mark.requireRoom() }
        free.withLock { $0 = Int64(settings.resumeMegabytes) }
        try mark.requireRoom()
        free.withLock { $0 = Int64(settings.resumeMegabytes) - 1 }
        try mark.requireRoom()
    }

    @Test func everyChangeIsToldOnce() async throws {
        let free = Mutex<Int64>(1)
        let mark = DiskMark(folder: "/", settings: SiteSettings.Disk()) { _ in free.withLock { $0 << 20 } }
        let told = Mutex<[Bool]>([])
        // A request that looks first does not keep the heart from hearing of it.
        #expect(throws: SiteError.self) { try mark.requireRoom() }
        let watching = Task { await mark.watch { isOpen, _ in told.withLock { $0.append(isOpen) } } }
        while told.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
        watching.cancel()
        #expect(told.withLock { $0 } == [false])
    }

    @Test func withoutAMarkAFullDiskStopsNothing() throws {
        var settings = SiteSettings.Disk()
        settings.lowMegabytes = 0
        try DiskMark(folder: "/", settings: settings) { _ in 0 }.requireRoom()
        #expect((DiskMark.freeBytes("/") ?? 0) > 0)
    }
}
