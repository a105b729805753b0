import NornStore

extension Doctor {
    /// Whether the store of the settings can be reached, without changing anything in it.
    func store() async -> Finding? {
        guard let settings = try? SiteSettings.read(home.settings), settings.store.isShared else { return nil }
        do {
            let options = try PostgreSQLOptions(url: settings.store.url, passwordFile: settings.store.passwordFile)
            let version = try await PostgreSQLStore.serverVersion(options)
            return Finding(subject: "store", state: .good, text: "PostgreSQL \(version) answers", remedy: nil)
        } catch {
            let refusal = (error as? StoreError).map(StoreOpening.refusal)
            return Finding(
                subject: "store", state: .bad, text: refusal?.message ?? "the database cannot be used",
                remedy: refusal?.hint)
        }
    }
}
