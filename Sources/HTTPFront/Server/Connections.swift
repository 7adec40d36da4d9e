import CMicrohttpd
import Glibc
import Synchronization

/// The connections that clients hold now. Where they come near the limit, those that have been silent for longest make
/// room: who opens thousands and asks for nothing keeps nobody else out.
///
/// Silent is a connection whose request has not come yet, or not whole. One that is answered, or whose body is under
/// way, is left alone.
final class Connections: Sendable {
  /// One of them: libmicrohttpd's context of its socket.
  final class Peer: Sendable {
    fileprivate let descriptor: Int32
    /// When its last answer ended, or it came: in the order of `turns`. 0 while it is answered.
    fileprivate let silentSince: Atomic<UInt64>

    fileprivate init(descriptor: Int32, since: UInt64) {
      self.descriptor = descriptor
      silentSince = Atomic(since)
    }
  }

  private struct Inside {
    var peers: [ObjectIdentifier: Peer] = [:]
    /// Told to go, and not gone yet.
    var leaving: Set<ObjectIdentifier> = []
  }

  /// libmicrohttpd accepts some before it closes what we end, and divides its limit among its threads.
  private static let spare = 64

  let limit: Int
  private let turns = Atomic<UInt64>(1)
  private let inside = Mutex(Inside())

  /// - Parameter limit: of connections at a time, which libmicrohttpd enforces.
  init(limit: Int) { self.limit = limit }

  /// How many of `wanted` connections leave descriptors to the rest of the process: S3, the spool, open files.
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

  /// Before its descriptor is closed.
  func closed(_ peer: Peer) {
    inside.withLock { inside in
      inside.peers[ObjectIdentifier(peer)] = nil
      inside.leaving.remove(ObjectIdentifier(peer))
    }
  }

  /// Its request is there with all its headers.
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
    // libmicrohttpd reads the end of it, and closes. Under the lock, so that the descriptor is still this socket's.
    shutdown(longest.peer.descriptor, Int32(SHUT_RDWR))
  }
}
