/// What a site takes as a plugin.
public struct AdmissionRules: Hashable, Sendable {
    /// The platform of this build, as manifests name it.
    public var platform: String
    /// The generation of the ABI, which the entry point's name carries.
    public var generation: Int
    /// The levels of the ABI that the host speaks.
    public var levels: ClosedRange<Int>
    /// Beginnings of the names of shared libraries that a plugin may need.
    public var neededLibraries: [String]
    /// The one symbol that a plugin exports.
    public var entrySymbol: String
    public var libraryBytesMaximum: Int
    /// What is asked of plugins that do not belong to the installation.
    public var trust: PluginTrust
    /// Libraries that run plugins of other languages: id of the bridge -> absolute path.
    public var bridges: [String: String]

    public init(
        platform: String = AdmissionRules.builtPlatform, generation: Int = 1, levels: ClosedRange<Int> = 1...1,
        neededLibraries: [String] = AdmissionRules.usualLibraries, entrySymbol: String = "norn_plugin_entry_1",
        libraryBytesMaximum: Int = 512 * 1024 * 1024, bridges: [String: String] = [:],
        trust: PluginTrust = PluginTrust()
    ) {
        self.platform = platform
        self.generation = generation
        self.levels = levels
        self.neededLibraries = neededLibraries
        self.entrySymbol = entrySymbol
        self.libraryBytesMaximum = libraryBytesMaximum
        self.bridges = bridges
        self.trust = trust
    }

    #if arch(arm64)
        public static let builtPlatform = "linux_aarch64_glibc"
    #else
        public static let builtPlatform = "linux_x86_64_glibc"
    #endif

    /// The system's own libraries, and those that Norn's mathematics and tables stand on.
    public static let usualLibraries = [
        "libc.so.", "libm.so.", "libmvec.so.", "libstdc++.so.", "libgcc_s.so.", "libpthread.so.", "libdl.so.",
        "librt.so.",
        "libutil.so.", "ld-linux-x86-64.so.", "ld-linux-aarch64.so.", "libgmp.so.", "libcrypto.so.", "liblmdb.so.",
        "libsodium.so.", "libopenblas.so.", "libgfortran.so.", "libquadmath.so.", "libgomp.so.",
    ]

    /// The machine number of the platform in an ELF header.
    var machine: UInt16? {
        if platform.contains("x86_64") { return ELFImage.machineX86 }
        if platform.contains("aarch64") { return ELFImage.machineARM }
        return nil
    }
}
