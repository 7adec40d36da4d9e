import Glibc
import S3
import Synchronization

/// Remembers the digests of local files, so that an unchanged directory is not read again.
///
/// A file is identified by device, inode, size, mtime and ctime, as in git's index. A file that was modified within the
/// clock's grain before it was hashed could change again without a trace ("racily clean"): it is not remembered.
package final class LocalHashes: Sendable {
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let modified: Int64
    let changed: Int64
  }

  private struct State {
    var known: [Identity: ContentDigests] = [:]
    var used: Set<Identity> = []
    var isChanged = false
    var isLoaded = false
  }

  /// The kernel stamps files once per tick, at least every 10 ms.
  private static let grain: Int64 = 20_000_000
  /// The limit of entries of files that this run did not encounter.
  private static let maximumUnused = 200_000

  private let file: ReplacedFile?
  private let state = Mutex(State())

  /// - Parameter cache: `nil` caches nothing beyond the run.
  package init(_ cache: StateCache?) { file = cache?.hashes }

  /// Returns a file's digests. Cost: reads the file, unless it is known.
  package func digests(of file: String) throws(StateFailure) -> ContentDigests {
    guard let identity = Self.identity(of: file) else { throw .disk("read", file) }
    if let known = lookUp(identity) { return known }
    let began = FileAccess.now
    var md5 = IncrementalDigest(.md5)
    var sha256 = IncrementalDigest(.sha256)
    let isRead = FileAccess.forEachPiece(of: file) { piece in
      md5.update(piece)
      sha256.update(piece)
    }
    guard isRead else { throw .disk("read", file) }
    let digests = ContentDigests(md5: MD5Digest(md5.finish()), sha256: SHA256Digest(sha256.finish()))
    remember(digests, of: identity, file: file, since: began)
    return digests
  }

  /// Reads the cache, if nothing has yet.
  func prepare() { state.withLock { if !$0.isLoaded { load(&$0) } } }

  private func lookUp(_ identity: Identity) -> ContentDigests? {
    state.withLock { state in
      if !state.isLoaded { load(&state) }
      guard let known = state.known[identity] else { return nil }
      state.used.insert(identity)
      return known
    }
  }

  private func remember(
    _ digests: ContentDigests, of identity: Identity, file: String, since began: (seconds: Int64, nanoseconds: Int64)
  ) {
    let safe = began.seconds * 1_000_000_000 + began.nanoseconds - Self.grain
    guard identity.modified < safe, identity.changed < safe, Self.identity(of: file) == identity else { return }
    state.withLock { state in
      state.known[identity] = digests
      state.used.insert(identity)
      state.isChanged = true
    }
  }

  private static func identity(of path: String) -> Identity? {
    guard let status = FileAccess.status(path) else { return nil }
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
    return Identity(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: nanoseconds(status.st_mtim), changed: nanoseconds(status.st_ctim))
  }

  // MARK: The file

  private func load(_ state: inout State) {
    state.isLoaded = true
    guard let file else { return }
    FileAccess.forEachSealedLine(of: file.path) { line in
      guard let line else { return true }
      var fields = LineFields(line)
      guard let device: UInt64 = fields.integer(), let inode: UInt64 = fields.integer(),
        let size: Int64 = fields.integer(), let modified: Int64 = fields.integer(),
        let changed: Int64 = fields.integer(), let md5 = fields.next().flatMap({ MD5Digest(hexadecimal: $0) }),
        let sha256 = fields.next().flatMap({ SHA256Digest(hexadecimal: $0) }), fields.isAtEnd
      else { return true }
      let identity = Identity(device: device, inode: inode, size: size, modified: modified, changed: changed)
      state.known[identity] = ContentDigests(md5: md5, sha256: sha256)
      return true
    }
  }

  /// Writes the cache. Of two simultaneous runs the later one wins, and the other's files are hashed again.
  package func save() {
    let known: [Identity: ContentDigests]? = state.withLock { state in
      guard state.isChanged else { return nil }
      state.isChanged = false
      let unused = state.known.count - state.used.count
      return unused > Self.maximumUnused ? state.known.filter { state.used.contains($0.key) } : state.known
    }
    guard let known, let file else { return }
    // Only a cache: without it, files are hashed again.
    try? file.replace { file in
      for (identity, digests) in known {
        file.add(
          sealed: "\(identity.device) \(identity.inode) \(identity.size) \(identity.modified) \(identity.changed) "
            + "\(digests.md5) \(digests.sha256)")
      }
    }
  }
}
