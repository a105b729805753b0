/// The dynamic section of an ELF file, and what it leads to.
struct ELFDynamic {
    static let neededTag: UInt64 = 1
    static let hashTag: UInt64 = 4
    static let stringsTag: UInt64 = 5
    static let symbolsTag: UInt64 = 6
    static let rpathTag: UInt64 = 15
    static let textRelocationsTag: UInt64 = 22
    static let runpathTag: UInt64 = 29
    static let flagsTag: UInt64 = 30
    static let gnuHashTag: UInt64 = 0x6FFF_FEF5
    static let flags1Tag: UInt64 = 0x6FFF_FFFB

    private static let symbolBytes = 24

    private let file: ELFBytes
    private let loads: [ELFSegment]
    private var entries: [(tag: UInt64, value: UInt64)] = []

    init(file: ELFBytes, loads: [ELFSegment], segment: ELFSegment) throws(ELFError) {
        self.file = file
        self.loads = loads
        for index in 0..<min(segment.bytes / 16, ELFImage.dynamicEntriesMaximum) {
            let tag = try file.word64(segment.offset + index * 16)
            if tag == 0 { break }
            entries.append((tag, try file.word64(segment.offset + index * 16 + 8)))
        }
    }

    func value(_ tag: UInt64) -> UInt64? { entries.first { $0.tag == tag }?.value }

    /// The texts of all entries with a tag.
    func texts(_ tag: UInt64) throws(ELFError) -> [String] {
        var texts: [String] = []
        for entry in entries where entry.tag == tag { texts.append(try text(entry.value)) }
        return texts
    }

    private func text(_ index: UInt64) throws(ELFError) -> String {
        guard let strings = value(Self.stringsTag), index < UInt64(file.bytes.count) else {
            throw ELFError("a name lies outside of the file")
        }
        return try file.text(try place(of: strings) + Int(index))
    }

    /// Where in the file an address of the loaded library comes from.
    private func place(of address: UInt64) throws(ELFError) -> Int {
        for load in loads where address >= load.address && address - load.address < UInt64(load.bytes) {
            return load.offset + Int(address - load.address)
        }
        throw ELFError("an address of the dynamic section lies outside of the file")
    }

    /// Names of symbols that are defined here, bind outside and are visible, sorted.
    func exportedSymbols() throws(ELFError) -> [String] {
        // Visibilities 0 and 3: default, protected.
        try symbols { $0.section != 0 && [0, 3].contains($0.visibility) }
    }

    /// Names of symbols that are defined elsewhere, sorted.
    func importedSymbols() throws(ELFError) -> [String] { try symbols { $0.section == 0 } }

    private func symbols(
        where isWanted: ((section: UInt16, visibility: UInt8)) -> Bool
    ) throws(ELFError) -> [String] {
        guard let table = value(Self.symbolsTag) else { return [] }
        let start = try place(of: table)
        let count = try symbolCount()
        guard count <= ELFImage.symbolsMaximum else { throw ELFError("there are too many symbols") }
        var names: [String] = []
        for index in 0..<count {
            let symbol = start + index * Self.symbolBytes
            let binding = try file.byte(symbol + 4) >> 4
            let visibility = try file.byte(symbol + 5) & 3
            let section = try file.word16(symbol + 6)
            // Bindings 1, 2 and 10: global, weak, unique.
            guard [1, 2, 10].contains(binding), isWanted((section, visibility)) else { continue }
            names.append(try text(UInt64(try file.word32(symbol))))
            guard names.count <= ELFImage.exportedSymbolsMaximum else {
                throw ELFError("too many symbols are exported or imported")
            }
        }
        return names.sorted()
    }

    /// The symbol table does not say its size; the hash tables over it do.
    private func symbolCount() throws(ELFError) -> Int {
        var counts: [Int] = []
        if let hash = value(Self.hashTag) { counts.append(Int(try file.word32(try place(of: hash) + 4))) }
        if let hash = value(Self.gnuHashTag) { counts.append(try gnuSymbolCount(try place(of: hash))) }
        // Two tables that differ could hide a symbol from one of two readers.
        guard let count = counts.max() else { throw ELFError("the symbol table has no hash table") }
        return count
    }

    /// Layout: bucket count, first hashed symbol, bloom words, bloom shift; bloom filter; buckets; chains, in which
    /// an odd word ends a bucket.
    private func gnuSymbolCount(_ start: Int) throws(ELFError) -> Int {
        let bucketCount = Int(try file.word32(start))
        let firstHashed = Int(try file.word32(start + 4))
        let bloomWords = Int(try file.word32(start + 8))
        let buckets = start + 16 + bloomWords * 8
        guard bucketCount <= ELFImage.symbolsMaximum else { throw ELFError("there are too many symbols") }
        var last = 0
        for index in 0..<bucketCount { last = max(last, Int(try file.word32(buckets + index * 4))) }
        guard last >= firstHashed else { return firstHashed }
        let chains = buckets + bucketCount * 4
        while try file.word32(chains + (last - firstHashed) * 4) & 1 == 0 { last += 1 }
        return last + 1
    }
}
