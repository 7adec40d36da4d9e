import Glibc
import S3
import Synchronization

/// Finds blobs by MD5 and size, which a listing contains, and verifies that they are intact.
final class BlobIndex: Sendable {
  private struct Content: Hashable {
    let md5: MD5Digest
    let size: Int64
  }

  private let store: SnapshotStore
  private let file: ReplacedFile
  private let state: Mutex<(blobs: [Content: SHA256Digest], isChanged: Bool)>
  /// Blobs that this run has read.
  private let whole = Mutex<Set<SHA256Digest>>([])

  init(_ store: SnapshotStore) {
    self.store = store
    file = store.cache.blobIndex
    var blobs: [Content: SHA256Digest] = [:]
    FileAccess.forEachSealedLine(of: file.path) { line in
      guard let line else { return true }
      var fields = LineFields(line)
      guard let md5 = fields.next().flatMap({ MD5Digest(hexadecimal: $0) }), let size: Int64 = fields.integer(),
        let sha256 = fields.next().flatMap({ SHA256Digest(hexadecimal: $0) }), fields.isAtEnd
      else { return true }
      blobs[Content(md5: md5, size: size)] = sha256
      return true
    }
    state = Mutex((blobs, false))
  }

  /// Finds a blob. Returns `nil` if the store has none, or a damaged one. Cost: reads the blob, once in a run.
  func find(_ md5: MD5Digest?, _ size: Int64) -> ContentDigests? {
    guard let md5, let sha256 = state.withLock({ $0.blobs[Content(md5: md5, size: size)] }) else { return nil }
    let digests = ContentDigests(md5: md5, sha256: sha256)
    if whole.withLock({ $0.contains(sha256) }) { return digests }
    guard store.isWhole(digests, size) else { return nil }
    whole.withLock { _ = $0.insert(sha256) }
    return digests
  }

  func add(_ digests: ContentDigests, _ size: Int64) {
    state.withLock { state in
      state.blobs[Content(md5: digests.md5, size: size)] = digests.sha256
      state.isChanged = true
    }
  }

  func save() throws(StateFailure) {
    let blobs: [Content: SHA256Digest]? = state.withLock { state in
      guard state.isChanged else { return nil }
      state.isChanged = false
      return state.blobs
    }
    guard let blobs else { return }
    try file.replace { file in
      for (content, sha256) in blobs {
        file.add(sealed: "\(content.md5.description) \(content.size) \(sha256.description)")
      }
    }
  }
}
