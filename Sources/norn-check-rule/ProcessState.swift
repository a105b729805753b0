import Glibc

/// What of a process a plugin must leave alone.
struct ProcessState {
    private static let signals: ClosedRange<Int32> = 1...64

    private let handlers: [Int32: [UInt8]]
    private let environment: [String]
    private let folder: String
    private let locale: String
    private let limits: String
    /// The lines on umask and blocked and ignored signals.
    private let status: [String: String]
    let files: [String: String]
    let threads: Set<String>

    /// Looks at this process. Only plain system calls, so that looking changes nothing.
    init() {
        var handlers: [Int32: [UInt8]] = [:]
        for signal in Self.signals {
            var action = sigaction()
            guard sigaction(signal, nil, &action) == 0 else { continue }
            // The handler and the first 64 signals of its mask; what follows is not filled for all signals.
            handlers[signal] = withUnsafeBytes(of: action) { Array($0.prefix(16)) }
        }
        self.handlers = handlers
        var variables: [String] = []
        var place = environ
        while let text = place.pointee {
            variables.append(String(cString: text))
            place += 1
        }
        environment = variables.sorted()
        folder = Self.target("/proc/self/cwd")
        locale = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? ""
        limits = Self.text("/proc/self/limits")
        let wanted = ["Umask", "SigBlk", "SigIgn"]
        let lines = Self.text("/proc/self/status").split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
        status = Dictionary(
            lines.filter { $0.count == 2 && wanted.contains(String($0[0])) }.map { (String($0[0]), String($0[1])) },
            uniquingKeysWith: { first, _ in first })
        files = Dictionary(
            uniqueKeysWithValues: Self.names("/proc/self/fd").map { ($0, Self.target("/proc/self/fd/\($0)")) }
                .filter { !Self.isOfDispatch(file: $0.1) }
                // What was closed while it was listed: the folder's own descriptor.
                .filter { !$0.1.isEmpty })
        threads = Set(Self.names("/proc/self/task").filter { !Self.isOfDispatch(thread: $0) })
    }

    /// The runtime of Swift, this process's own or a plugin's, makes workers and timers when it likes and keeps them.
    private static func isOfDispatch(thread: String) -> Bool {
        text("/proc/self/task/\(thread)/comm").contains("-qos")
    }

    private static func isOfDispatch(file: String) -> Bool {
        // Its monitor looks at the threads' states in /proc, as this very look does.
        ["anon_inode:[timerfd]", "anon_inode:[eventpoll]", "anon_inode:[eventfd]"].contains(file)
            || file.hasPrefix("/proc/")
    }

    /// What became different, each a sentence without its end.
    func differences(to later: ProcessState) -> [String] {
        var found: [String] = []
        for signal in Self.signals where handlers[signal] != later.handlers[signal] {
            found.append("the handler of signal \(signal) is another")
        }
        for (key, name) in [("SigBlk", "blocked signals"), ("SigIgn", "ignored signals"), ("Umask", "umask")]
        where status[key] != later.status[key] {
            found.append("the \(name) went from \(Self.trimmed(status[key])) to \(Self.trimmed(later.status[key]))")
        }
        for entry in Set(environment).symmetricDifference(later.environment).sorted() {
            found.append("the environment has another \(entry.split(separator: "=").first ?? "")")
        }
        if folder != later.folder { found.append("the working folder went from \(folder) to \(later.folder)") }
        if locale != later.locale { found.append("the locale went from \(locale) to \(later.locale)") }
        if limits != later.limits { found.append("a resource limit is another") }
        for (number, target) in later.files.sorted(by: { $0.key < $1.key }) where files[number] != target {
            found.append("file descriptor \(number) is open, on \(target)")
        }
        for number in files.keys.sorted() where later.files[number] == nil {
            found.append("file descriptor \(number), which was open on \(files[number] ?? ""), is closed")
        }
        let more = later.threads.subtracting(threads).count
        if more > 0 { found.append("\(more) more threads run") }
        return found
    }

    private static func trimmed(_ text: String?) -> String {
        (text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    static func names(_ folder: String) -> [String] {
        guard let open = opendir(folder) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func target(_ link: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(link, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }
}
