import Foundation
import NornABI
import NornHost
import NornManifest
import Testing
import WorkerHarness

/// Kernels by name in a second process give what the local pointer gives: nothing depends on a pointer.
@Suite(.serialized) struct KernelRunnerTests {
    static let rows: [(key: [UInt8], value: [UInt8])] = (0..<500).map { index in
        ([1, UInt8(index >> 8), UInt8(index & 255)], Array("value \(index)".utf8))
    }

    private func order(_ name: String, closure: [UInt8] = [], bytes: [UInt8]) -> [String: CBOR] {
        [
            "do": "kernel", "id": 1, "digest": .bytes(Products.digest), "component": "Courier", "name": .text(name),
            "revision": 3, "closure": .bytes(closure), "partition": 0, "partitions": 1, "bytes": .bytes(bytes),
        ]
    }

    private func runRemotely(_ orders: [[String: CBOR]]) throws -> [CBOR] {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.kernels(), scratch: scratch)
        var replies: [CBOR] = []
        for (index, order) in orders.enumerated() {
            site.send(0, .map(order.merging(["id": .int(index + 1)]) { $1 }))
            replies.append(try #require(site.packet(of: 0) { $0["reply"]?.asInt == index + 1 }))
        }
        site.send(0, ["do": "end"])
        #expect(site.end(of: 0)?["status"]?.asInt == 0)
        #expect(worker.wait() == (0, 0))
        return replies
    }

    @Test func mapKernelGivesTheSameRowsAsTheLocalPointer() throws {
        let input = Frames.encode(Self.rows)
        let reply = try runRemotely([order("prefix", closure: Array("> ".utf8), bytes: input)])[0]
        let remote = Frames.decode(reply["bytes"]?.asBytes ?? [])
        let local = try LocalKernel("prefix").emitted(closure: Array("> ".utf8), rows: Self.rows)
        #expect(remote.count == 500)
        #expect(remote.map(\.key) == local.map(\.key))
        #expect(remote.map(\.value) == local.map(\.value))
        #expect(remote.first?.value == Array("> value 0".utf8))
    }

    @Test func reduceKernelGivesTheSameFrozenState() throws {
        let input = Frames.encode(Self.rows)
        let reply = try runRemotely([order("length", bytes: input)])[0]
        let local = try LocalKernel("length").frozen(closure: [], rows: Self.rows)
        #expect(reply["bytes"]?.asBytes == local)
        #expect(local.count == 8)
    }

    @Test func zipKernelSeesWhichSideIsMissing() throws {
        let keys: [[UInt8]] = [[1, 1], [1, 2]]
        let left = Frames.encode([(keys[0], [65]), (keys[1], [66])], flags: 0, validity: 0b01)
        let right = Frames.encode([(keys[0], [97]), (keys[1], [98])], flags: NORN_FRAME_RIGHT)
        let reply = try runRemotely([order("pair", bytes: left + right)])[0]
        let rows = Frames.decode(reply["bytes"]?.asBytes ?? [])
        #expect(rows.map { String(decoding: $0.value, as: UTF8.self) } == ["Aa", "-b"])
    }

    @Test func otherDigestRevisionNameAndRowsAreRefusedAndTheProcessGoesOn() throws {
        let good = order("length", bytes: Frames.encode(Self.rows))
        var broken = Frames.encode(Self.rows)
        broken[0] = 0
        let replies = try runRemotely([
            good.merging(["digest": .bytes(Array(repeating: 8, count: 32))]) { $1 },
            good.merging(["revision": 4]) { $1 },
            good.merging(["name": "lengths"]) { $1 },
            good.merging(["bytes": .bytes(broken)]) { $1 },
            good,
        ])
        let statuses = replies.map { $0["status"]?.asInt }
        let refused = [NORN_FAILED_PRECONDITION, NORN_FAILED_PRECONDITION, NORN_NOT_FOUND, NORN_DATA_LOSS].map(Int.init)
        #expect(statuses == refused + [0])
    }

    @Test func framesThatLieAreRefused() throws {
        let good = Frames.encode(Array(Self.rows.prefix(3)))
        #expect(Frames.status(good) == NORN_OK)
        #expect(Frames.status(Array(good.dropLast(64))) == NORN_DATA_LOSS)
        var tooManyRows = good
        tooManyRows[11] = 0x7f
        #expect(Frames.status(tooManyRows) == NORN_DATA_LOSS)
        var offset = good
        offset[64 + 4] = 0xff
        #expect(Frames.status(offset) == NORN_DATA_LOSS)
        let unordered = Frames.encode([([1, 9], []), ([1, 2], [])])
        #expect(Frames.status(unordered) == NORN_DATA_LOSS)
    }
}
