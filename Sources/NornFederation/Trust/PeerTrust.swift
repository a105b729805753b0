import Foundation
import Logging
import Synchronization

/// Whom this site trusts now. Every question looks at the file's stamp first, so that a peer that was removed is cut at
/// the next message, also on connections that are open.
public final class PeerTrust: Sendable {
    private struct State {
        var stamp: FileStamp?
        var peers: [TrustedPeer] = []
        var byPin: [KeyPin: TrustedPeer] = [:]
        var byParty: [String: TrustedPeer] = [:]
    }

    private let folder: String
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: `FederationError.configuration` when the folder's trust file is wrong.
    public init(folder: String, logger: Logger) throws {
        self.folder = folder
        self.logger = logger
        let stamp = FileStamp(path: folder + "/" + TrustFile.fileName)
        state = Mutex(Self.state(of: try TrustFile.read(folder: folder), stamp: stamp))
    }

    public var peers: [TrustedPeer] { current { $0.peers } }
    public func peer(pin: KeyPin) -> TrustedPeer? { current { $0.byPin[pin] } }
    public func peer(party: String) -> TrustedPeer? { current { $0.byParty[party] } }
    public func peer(name: String) -> TrustedPeer? { current { $0.peers.first { $0.name == name } } }

    /// A file that became wrong trusts nobody until it is right again: what was removed must stay removed.
    private func current<Value: Sendable>(_ question: (borrowing State) -> Value) -> Value {
        state.withLock { state in
            let stamp = FileStamp(path: folder + "/" + TrustFile.fileName)
            if stamp != state.stamp {
                do {
                    state = Self.state(of: try TrustFile.read(folder: folder), stamp: stamp)
                    logger.info("read the trusted peers again", metadata: ["peers": "\(state.peers.count)"])
                } catch {
                    state = Self.state(of: TrustFile(), stamp: stamp)
                    logger.error("the trusted peers cannot be read, so nobody is trusted: \(error)")
                }
            }
            return question(state)
        }
    }

    private static func state(of file: TrustFile, stamp: FileStamp?) -> State {
        var state = State(stamp: stamp, peers: file.peers)
        for peer in file.peers {
            for pin in peer.pins { state.byPin[pin] = peer }
            for party in peer.parties { state.byParty[party] = peer }
        }
        return state
    }
}
