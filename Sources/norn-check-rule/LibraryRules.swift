import Foundation
import NornRegistry

/// Rules 201 to 206: the ELF file, read without loading it.
struct LibraryRules {
    /// What a component leaves to its host: processes, networks, libraries, and the state of its process.
    static let forbiddenImports: Set<String> = [
        "accept", "accept4", "bind", "bindresvport", "connect", "getaddrinfo", "gethostbyname", "gethostbyname_r",
        "getnameinfo", "listen", "recvfrom", "sendto", "socket", "socketpair",
        "clone", "daemon", "execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "fexecve", "fork",
        "forkpty", "popen", "posix_spawn", "posix_spawnp", "system", "vfork",
        "dlclose", "dlmopen", "dlopen",
        "bsd_signal", "sigaction", "signal", "sigset", "sigvec", "sysv_signal", "__sysv_signal",
        "chdir", "chroot", "clearenv", "fchdir", "putenv", "setenv", "setlocale", "setrlimit", "setrlimit64", "umask",
        "unsetenv",
        "_Exit", "_exit", "exit", "quick_exit",
        "kill", "killpg", "mount", "prctl", "ptrace", "setgid", "setregid", "setresgid", "setresuid", "setreuid",
        "setuid", "unshare",
    ]

    /// What the static Swift runtime imports for its backtraces, for dispatch and for weak symbols. Its components are
    /// held to the same rules by what they do (302, 604) and by the sandbox.
    static let importsOfSwift: Set<String> = [
        "clone", "dlopen", "execvpe", "exit", "sigaction", "socketpair", "syscall",
    ]

    let plugin: CheckedPlugin

    func findings(_ number: Int) throws -> Findings {
        var findings = Findings()
        let bytes = try plugin.libraryBytes()
        let image: ELFImage
        do { image = try ELFImage(bytes: bytes) } catch {
            guard number == 201 else { return .skipped("The library cannot be read: see rule 201.") }
            findings.fail(error.message)
            return findings
        }
        if number == 204 {
            importFindings(image, bytes, &findings)
            return findings
        }
        let kinds: [Int: LibraryProblem.Kind] = [
            201: .machine, 202: .symbols, 203: .unloading, 205: .dependencies, 206: .protection,
        ]
        for problem in LibraryChecks.problems(of: image, rules: AdmissionRules()) where problem.kind == kinds[number] {
            findings.fail("\(problem.message). \(problem.remedy)".trimmingFullStop)
        }
        return findings
    }

    private func importFindings(_ image: ELFImage, _ bytes: [UInt8], _ findings: inout Findings) {
        let isSwift = Self.hasSwiftRuntime(bytes)
        let allowed = isSwift ? Self.importsOfSwift : []
        for name in image.importedSymbols where Self.forbiddenImports.contains(name) && !allowed.contains(name) {
            findings.fail("it imports \(name)")
        }
        if isSwift { findings.notes.append("It carries a Swift runtime, whose own imports are not counted.") }
    }

    /// Whether the file has the section that only Swift's compiler makes; names of sections stay when a file is stripped.
    static func hasSwiftRuntime(_ bytes: [UInt8]) -> Bool {
        Data(bytes).range(of: Data("swift5_protocol_conformances".utf8)) != nil
    }
}
