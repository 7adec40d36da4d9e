import S3
import Synchronization

/// A change that another client made and reported.
public enum ReportedChange: Hashable, Sendable {
  case madeBucket(String)
  case wrote(ObjectPath, size: Int64, etag: ETag, modified: Timestamp)
  /// Only tags changed, which no listing shows.
  case changedTags(ObjectPath)
  case deleted(ObjectPath)
}

/// The interface for S3 clients on this machine that bypass this file system: it saves everything before they read, and
/// shows what they wrote.
public final class OtherClients: ChangingPart {
  let door: KeyDoor
  let names: Names
  var saving: Saving { door.saving }

  init(_ door: KeyDoor, _ names: Names) {
    (self.door, self.names) = (door, names)
  }
}

extension OtherClients {
  /// Uploads what is not in S3 yet, below the buckets named (nil: everywhere). `openFiles`: also what was written and
  /// not closed, as fsync(2) does. Returns the files that cannot be uploaded.
  public func saveAll(in buckets: Set<String>?, openFiles: Bool) async -> [FailedUpload] {
    func isChosen(_ bucket: String) -> Bool { buckets?.contains(bucket) ?? true }
    let open = inodes.table.withLock { table in
      table.contents { place in
        if case .object(let reference) = place { isChosen(reference.bucket) } else { false }
      }
    }
    if openFiles { for content in open { content.commit() } }
    await saving.settlePending { isChosen($0.bucket) }
    let failed = held.unsaved.withLock { Array($0.values) }.filter { isChosen($0.with { $0.reference.bucket }) }
    let again = failed.filter { file in !open.contains { $0 === file } }
    await saving.saveAll(open.filter { $0.with { $0.closed != nil } } + again)
    return saving.unsavedUploads().filter { isChosen($0.path.bucket) }
  }

  /// Applies what another client has just changed, as if this process had done it: listings that are in flight do not
  /// hide it. Returns when the mount shows it. Sends no request.
  public func learn(_ changes: [ReportedChange]) async {
    ChangeOrigin.$current.withValue(.elsewhere) {
      var emptied: Set<DirectoryLocation> = []
      for change in changes {
        switch change {
        case .madeBucket(let name): self.changes.apply(.madeBucket(name))
        case .changedTags(let path): self.changes.apply(.changedTags(path.reference))
        case .wrote(let path, let size, let etag, let modified):
          let version = Version(etag: etag, modified: modified, isStated: false)
          learn(ObjectFacts(size: size, version: version), at: path)
        case .deleted(let path):
          learn(nil, at: path)
          emptied.insert(path.reference.parent.location)
        }
      }
      for location in emptied { askAnew(location) }
    }
    await self.changes.changesAreShown()
  }

  private func learn(_ facts: ObjectFacts?, at path: ObjectPath) {
    guard (try? door.check(path, .read)) != nil else { return }
    let reference = path.reference
    changes.apply(facts.map { .replaced($0, at: reference) } ?? .deleted(reference))
    if path.isDirectory { changes.announce(directory: path.location) } else { changes.announce(path) }
  }

  /// Invalidates a directory: whether it still exists after its objects were deleted, only S3 knows.
  private func askAnew(_ location: DirectoryLocation) {
    var location = location
    while let (above, _) = location.parent {
      knowledge.directories.withLock { $0.outdate(above) }
      changes.announce(directory: location)
      location = above
    }
  }
}
