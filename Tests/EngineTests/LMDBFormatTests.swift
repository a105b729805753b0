import CLMDB
import NornABI
import Testing

/// What the standalone engine seals is an LMDB environment that anyone can open: records in the order of the keys.
@Suite struct LMDBFormatTests {
    @Test func keepsBlocksByTheirFirstKey() throws {
        let session = try EngineSession(.standalone)
        let value = [UInt8](repeating: 3, count: 1_000_000)
        let rows = (0..<20).map { Row(bigEndian(UInt64($0)), value) }
        let descriptor = try session.publish(session.table(rows, partitions: 1))
        let keys = try recordKeys("\(descriptor)/p00000.mdb")
        #expect(keys == [0, 4, 8, 12, 16].map { bigEndian($0) })
        #expect(entries(descriptor) == ["meta", "p00000.mdb"])
    }

    private func recordKeys(_ path: String) throws -> [[UInt8]] {
        func check(_ code: Int32) throws {
            if code != 0 { throw EngineFailure(status: NORN_INTERNAL, message: String(cString: mdb_strerror(code))) }
        }
        var environment: OpaquePointer?
        try check(mdb_env_create(&environment))
        defer { mdb_env_close(environment) }
        try check(mdb_env_open(environment, path, UInt32(MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK), 0o600))
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction))
        defer { mdb_txn_abort(transaction) }
        var database: MDB_dbi = 0
        try check(mdb_dbi_open(transaction, nil, 0, &database))
        var cursor: OpaquePointer?
        try check(mdb_cursor_open(transaction, database, &cursor))
        defer { mdb_cursor_close(cursor) }
        var keys: [[UInt8]] = []
        var key = MDB_val()
        var data = MDB_val()
        while mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == 0 {
            keys.append(Array(UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)))
        }
        return keys
    }
}
