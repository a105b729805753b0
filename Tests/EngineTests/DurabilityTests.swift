import Glibc
import NornABI
import Testing

/// A table is whole or it is not there: files that were cut or changed, processes that were killed, full disks.
@Suite struct DurabilityTests {
    private static let rows = (0..<2000).map { Row("k\($0)", "value-\($0)") }

    @Test(arguments: EngineName.allCases, [NORN_TABLE_TEMPORARY, NORN_TABLE_DURABLE])
    func opensAPublishedTableInAnotherSession(_ name: EngineName, flags: UInt32) throws {
        let writer = try EngineSession(name)
        let table = try writer.table(Self.rows, partitions: 3, flags: flags)
        let descriptor = try writer.publish(table)
        let expected = try writer.partitions(table)
        writer.close()
        #expect(entries(descriptor).filter { $0 == "meta" }.count == 1)
        #expect(entries(descriptor).count == 4)
        let reader = try EngineSession(name)
        let opened = try reader.open(descriptor)
        #expect(try reader.partitions(opened) == expected)
        #expect(try reader.get(opened, [Array("k1234".utf8)]) == [Row("k1234", "value-1234")])
        #expect(status { try reader.destroy(opened) } == NORN_PERMISSION_DENIED)
        reader.release(opened)
        #expect(try reader.partitions(reader.open(descriptor)) == expected)
    }

    @Test(arguments: EngineName.allCases)
    func forgetsWhatWasNotPublished(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let kept = try session.publish(session.table(Self.rows))
        let released = try session.table(Self.rows)
        let destroyed = try session.table(Self.rows)
        _ = try session.publish(destroyed)
        _ = try session.create(partitions: 2)
        session.release(released)
        try session.destroy(destroyed)
        #expect(session.tableFolders.count == 2)
        session.close()
        #expect(session.tableFolders.map { "\(session.scratch)/tables/\($0)" } == [kept])
    }

    @Test(arguments: EngineName.allCases)
    func refusesFilesThatWereCutOrChanged(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let descriptor = try session.publish(session.table(Self.rows, partitions: 2))
        let reader = try EngineSession(name)
        for file in entries(descriptor) {
            let path = "\(descriptor)/\(file)"
            let whole = try contents(path)
            let middle = whole.count / 2
            for damaged in [
                Array(whole.dropLast()), [], whole + [0],
                whole[..<middle] + [whole[middle] ^ 1] + whole[(middle + 1)...],
                whole.dropLast() + [whole.last! ^ 128],
            ] {
                try write(Array(damaged), to: path)
                #expect(status { _ = try reader.open(descriptor) } == NORN_DATA_LOSS)
            }
            unlink(path)
            #expect(status { _ = try reader.open(descriptor) } == NORN_DATA_LOSS)
            try write(whole, to: path)
            #expect(try reader.rows(reader.open(descriptor)).count == Self.rows.count)
        }
        #expect(status { _ = try reader.open("/nowhere") } == NORN_NOT_FOUND)
        #expect(status { _ = try reader.open("relative") } == NORN_INVALID_ARGUMENT)
    }

    @Test func refusesATableOfAnotherEngine() throws {
        let session = try EngineSession(.local)
        let other = try EngineSession(.standalone)
        let descriptor = try session.publish(session.table(Self.rows))
        #expect(status { _ = try other.open(descriptor) } == NORN_DATA_LOSS)
    }

    @Test(arguments: EngineName.allCases)
    func leavesNoHalfTableWhenItsProcessIsKilledInAKernel(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let probe = try Probe(name, scratch: session.scratch, mode: "kill")
        #expect(probe.wait() == .signal(SIGKILL))
        // The input table is whole; the map's output had blocks, and never became a table.
        #expect(session.tableFolders == ["1", "2.tmp"])
        #expect(try session.rows(session.open("\(session.scratch)/tables/1"), limit: 5).count == 5)
        #expect(status { _ = try session.open("\(session.scratch)/tables/2.tmp") } == NORN_DATA_LOSS)
    }

    @Test(arguments: EngineName.allCases, [0, 3000, 9000, 17_000, 31_000])
    func leavesWholeTablesWhenItsProcessIsKilledAtAnyTime(_ name: EngineName, microseconds: UInt32) throws {
        let session = try EngineSession(name)
        let probe = try Probe(name, scratch: session.scratch, mode: "write")
        probe.waitForLine()
        usleep(microseconds)
        probe.kill()
        #expect(probe.wait() == .signal(SIGKILL))
        let sealed = session.tableFolders.filter { !$0.hasSuffix(".tmp") }
        #expect(!sealed.isEmpty)
        for folder in sealed {
            let table = try session.open("\(session.scratch)/tables/\(folder)")
            #expect(try session.info(table).rows == 100_000)
        }
        // A sealing that was about to be renamed may already be whole; anything less is refused.
        for folder in session.tableFolders where folder.hasSuffix(".tmp") {
            let outcome = status {
                let table = try session.open("\(session.scratch)/tables/\(folder)")
                #expect(try session.info(table).rows == 100_000)
            }
            #expect(outcome == 0 || outcome == NORN_DATA_LOSS)
        }
    }

    @Test(arguments: EngineName.allCases)
    func cleansUpWhenThereIsNoRoom(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let probe = try Probe(name, scratch: session.scratch, mode: "full")
        #expect(probe.wait() == .exit(Int32(NORN_RESOURCE_EXHAUSTED)))
    }

    private func contents(_ path: String) throws -> [UInt8] {
        let file = Glibc.open(path, O_RDONLY)
        defer { Glibc.close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        let count = pread(file, &bytes, bytes.count, 0)
        guard count == bytes.count else { throw EngineFailure(status: NORN_INTERNAL, message: "cannot read \(path)") }
        return bytes
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { Glibc.close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw EngineFailure(status: NORN_INTERNAL, message: "cannot write \(path)")
        }
    }
}
