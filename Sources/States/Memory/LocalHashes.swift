import Glibc
import S3
import Synchronization

/// Remembers the digests of local files, so that an unchanged directory is not read again.
///
/// A file is identified by its `FileVersion`. One that was modified within the clock's grain before it was hashed could
/// change again without a trace ("racily clean"): it is not remembered.
package final class LocalHashes: Sendable {
  private struct Known {
    let digests: ContentDigests
    /// Whether this run encountered the file.
    var isUsed: Bool
  }

  private struct State {
    var known: [FileVersion: Known] = [:]
    var isChanged = false
    var isLoaded = false
  }

  /// The kernel stamps files once per tick, at least every 10 ms.
  private static let grain: Int64 = 20_000_000
  /// About the length of an entry's line in the file.
  private static let lineLength = 180
  /// The limit of entries of files that this run did not encounter.
  private static let maximumUnused = 200_000

  private let file: ReplacedFile?
  private let state = Mutex(State())

  /// - Parameter cache: `nil` caches nothing beyond the run.
  package init(_ cache: StateCache?) { file = cache?.hashes }

  /// Returns the digests of a file. `seen` is its version when its directory was read: if that is known, the file is
  /// not even looked at. Cost: reads the file, unless it is known.
  package func digests(of file: String, seen: FileVersion? = nil) throws(StateFailure) -> ContentDigests {
    if let seen, let known = lookUp(seen) { return known }
    guard let version = Self.version(of: file) else { throw .disk("read", file) }
    if let known = lookUp(version) { return known }
    let began = Timestamp.now()
    var md5 = IncrementalDigest(.md5)
    var sha256 = IncrementalDigest(.sha256)
    let isRead = FileAccess.forEachPiece(of: file) { piece in
      md5.update(piece)
      sha256.update(piece)
    }
    guard isRead else { throw .disk("read", file) }
    let digests = ContentDigests(md5: MD5Digest(md5.finish()), sha256: SHA256Digest(sha256.finish()))
    remember(digests, of: version, file: file, since: began)
    return digests
  }

  /// Reads the cache, if nothing has yet.
  func prepare() { state.withLock { if !$0.isLoaded { load(&$0) } } }

  private func lookUp(_ version: FileVersion) -> ContentDigests? {
    state.withLock { state in
      if !state.isLoaded { load(&state) }
      guard let index = state.known.index(forKey: version) else { return nil }
      state.known.values[index].isUsed = true
      return state.known.values[index].digests
    }
  }

  private func remember(
    _ digests: ContentDigests, of version: FileVersion, file: String, since began: Timestamp
  ) {
    let safe = began.seconds * 1_000_000_000 + Int64(began.nanoseconds) - Self.grain
    guard version.modified < safe, version.changed < safe, Self.version(of: file) == version else { return }
    state.withLock { state in
      state.known[version] = Known(digests: digests, isUsed: true)
      state.isChanged = true
    }
  }

  private static func version(of path: String) -> FileVersion? { FileAccess.status(path).map { FileVersion($0) } }

  // MARK: The file

  private func load(_ state: inout State) {
    state.isLoaded = true
    guard let file else { return }
    state.known.reserveCapacity(FileAccess.lineCount(of: file.path, lineLength: Self.lineLength))
    FileAccess.forEachSealedLine(of: file.path) { line in
      guard let line else { return true }
      var fields = LineFields(line)
      guard let device: UInt64 = fields.integer(), let inode: UInt64 = fields.integer(),
        let size: Int64 = fields.integer(), let modified: Int64 = fields.integer(),
        let changed: Int64 = fields.integer(), let md5 = fields.next().flatMap({ MD5Digest(hexadecimal: $0) }),
        let sha256 = fields.next().flatMap({ SHA256Digest(hexadecimal: $0) }), fields.isAtEnd
      else { return true }
      let version = FileVersion(device: device, inode: inode, size: size, modified: modified, changed: changed)
      state.known[version] = Known(digests: ContentDigests(md5: md5, sha256: sha256), isUsed: false)
      return true
    }
  }

  /// Writes the cache. Of two simultaneous runs the later one wins, and the other's files are hashed again.
  package func save() {
    let known: [FileVersion: Known]? = state.withLock { state in
      guard state.isChanged else { return nil }
      state.isChanged = false
      let unused = state.known.values.count { !$0.isUsed }
      return unused > Self.maximumUnused ? state.known.filter(\.value.isUsed) : state.known
    }
    guard let known, let file else { return }
    // Only a cache: without it, files are hashed again.
    try? file.replace { file in
      for (version, known) in known {
        file.add(
          sealed: """
            \(version.device) \(version.inode) \(version.size) \(version.modified) \(version.changed) \
            \(known.digests.md5.description) \(known.digests.sha256.description)
            """)
      }
    }
  }
}
