import NornStore

extension Doctor {
    /// Whether the database of the settings can be reached and when it was backed up, without changing anything in it;
    /// nothing for a site that needs none.
    func sharedStore() async -> [Finding] {
        guard let settings = try? SiteSettings.read(home.settings), settings.store.isShared else { return [] }
        do {
            let options = try PostgreSQLOptions(url: settings.store.url, passwordFile: settings.store.passwordFile)
            let found = try await PostgreSQLStore.examine(options)
            return [
                Finding(subject: "store", state: .good, text: "PostgreSQL \(found.version) answers", remedy: nil),
                StoreCheckup(home: home, settings: settings).backup(found.values),
            ]
        } catch {
            let refusal = (error as? StoreError).map(StoreOpening.refusal)
            return [
                Finding(
                    subject: "store", state: .bad, text: refusal?.message ?? "the database cannot be used",
                    remedy: refusal?.hint)
            ]
        }
    }
}
