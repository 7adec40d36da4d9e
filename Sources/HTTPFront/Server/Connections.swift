import CMicrohttpd
import Core
import Glibc
import Synchronization

/// The clients' open connections. Near the limit, closes those that have been silent for longest, so that a client that
/// opens thousands of connections without sending requests does not lock others out.
///
/// A connection is silent if its request has not arrived, or not completely. Never closes one whose request is being
/// answered or whose body is arriving.
final class Connections: Sendable {
  /// One connection; libmicrohttpd keeps it as the context of the socket.
  final class Peer: Sendable {
    fileprivate let descriptor: Int32
    /// The turn in which its last answer ended, or it was accepted; 0 while it is being answered.
    fileprivate let silentSince: Atomic<UInt64>
    private let burst = Mutex(Burst())

    fileprivate init(descriptor: Int32, since: UInt64) {
      self.descriptor = descriptor
      silentSince = Atomic(since)
    }

    /// Records that a request has arrived. Returns how recent its answer must be.
    func asks(pause: Duration, at now: Burst.Instant = .now) -> Burst.Bounds {
      burst.withLock { $0.asks(at: now, pause: pause) }
    }

    /// Records that its answer begins to be sent: what the client does next must not count as a part of it.
    func isBeingAnswered(at now: Burst.Instant = .now) { burst.withLock { $0.isAnswered(at: now) } }
  }

  private struct Inside {
    var peers: [ObjectIdentifier: Peer] = [:]
    /// Connections that are shut down, but not closed yet.
    var leaving: Set<ObjectIdentifier> = []
  }

  /// How far below the limit to begin: libmicrohttpd accepts some connections before it closes those that were shut down,
  /// and divides its limit among its threads.
  private static let spare = 64

  let limit: Int
  private let turns = Atomic<UInt64>(1)
  private let inside = Mutex(Inside())

  /// - Parameter limit: of simultaneous connections, which libmicrohttpd enforces.
  init(limit: Int) { self.limit = limit }

  /// Returns how many of `wanted` connections leave enough descriptors for S3, the spool and open files.
  static func affordable(_ wanted: Int) -> Int {
    var files = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return wanted }
    let others: UInt64 = 256
    let free = Int(clamping: UInt64(files.rlim_cur) - min(UInt64(files.rlim_cur), others))
    return min(wanted, max(free, 2 * spare))
  }

  func opened(_ descriptor: Int32) -> Peer {
    let peer = Peer(descriptor: descriptor, since: turn())
    inside.withLock { inside in
      inside.peers[ObjectIdentifier(peer)] = peer
      if inside.peers.count - inside.leaving.count > limit - Self.spare { makeRoom(&inside, for: peer) }
    }
    return peer
  }

  /// Forgets a connection. Must be called before its descriptor is closed.
  func closed(_ peer: Peer) {
    inside.withLock { inside in
      inside.peers[ObjectIdentifier(peer)] = nil
      inside.leaving.remove(ObjectIdentifier(peer))
    }
  }

  /// Notes that a connection's request has arrived with all headers.
  func asks(_ peer: Peer) { peer.silentSince.store(0, ordering: .relaxed) }

  func isAnswered(_ peer: Peer) { peer.silentSince.store(turn(), ordering: .relaxed) }

  private func turn() -> UInt64 { turns.wrappingAdd(1, ordering: .relaxed).oldValue }

  private func makeRoom(_ inside: inout Inside, for newest: Peer) {
    var longest: (id: ObjectIdentifier, peer: Peer, since: UInt64)?
    for (id, peer) in inside.peers where peer !== newest && !inside.leaving.contains(id) {
      let since = peer.silentSince.load(ordering: .relaxed)
      if since > 0, since < longest?.since ?? .max { longest = (id, peer, since) }
    }
    guard let longest else { return }
    inside.leaving.insert(longest.id)
    // libmicrohttpd then reads the end of the stream and closes. Under the lock, so that the descriptor is still this socket.
    shutdown(longest.peer.descriptor, Int32(SHUT_RDWR))
  }
}
