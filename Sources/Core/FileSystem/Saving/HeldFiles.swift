import S3
import Synchronization

/// Files with bytes or attributes that S3 does not have, and exclusive access to names.
final class HeldFiles: FileSystemPart {
  let inodes: Inodes
  var common: Common { inodes.common }
  /// Files whose last upload failed; kept until it succeeds.
  let unsaved = Mutex<[ObjectIdentifier: FileContent]>([:])
  /// Files that were closed and are uploaded later (`--write-back`).
  let pending: PendingUploads
  /// Objects that were unlinked and are deleted later (`--write-back`).
  let removing: PendingRemovals
  /// Files whose bytes are still those of other objects.
  let copying = CopyTargets()
  /// Exclusive access for operations that check whether a name is free, and then take it.
  let claims = NameClaims()
  /// Directories that are being moved: no upload of a file below one begins before the file is at its new name.
  let treeMoves = NameClaims()
  /// Directories whose objects are leaving their old names: no lookup below one runs before they have the new ones.
  let leaving = NameClaims()

  init(_ inodes: Inodes) {
    self.inodes = inodes
    pending = PendingUploads(pause: inodes.options.pauseBeforeUpload)
    // Weakly: a process that is killed in a test must not keep its spool.
    removing = PendingRemovals(pause: inodes.options.pauseBeforeUpload) { [weak spool = inodes.spool] in
      spool?.record($0, in: $1)
    }
  }
}

extension HeldFiles {
  /// Returns the chosen files of which this process holds something.
  func heldFiles(where isChosen: (ObjectReference) -> Bool) -> [FileContent] {
    var found = inodes.table.withLock { table in
      table.contents { place in
        if case .object(let reference) = place { isChosen(reference) } else { false }
      }
    }
    let kept = unsaved.withLock { Array($0.values) }
    for content in kept where isChosen(content.with { $0.reference }) && !found.contains(where: { $0 === content }) {
      found.append(content)
    }
    return found
  }

  /// Same, for one name, without a scan of all open files.
  func heldFiles(at reference: ObjectReference) -> [FileContent] {
    let open = inodes.table.withLock { $0[.object(reference)]?.content }
    let kept = unsaved.withLock { $0.values.filter { $0 !== open && $0.with { $0.reference } == reference } }
    return (open.map { [$0] } ?? []) + kept
  }

  /// Runs a change that examines names first and then acts on the result: no other such change of these names, or of a
  /// directory that they are in, runs in between. What was unlinked there is deleted before; throws ioFailure if S3 does
  /// not answer to that.
  func alone<Result>(
    with paths: [ObjectPath], _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await finishRemovals(at: paths)
    return try await claims.claim(paths) { (_) async throws(FileSystemError) in try await body() }
  }

  /// Waits until what was unlinked at or below paths is deleted. Cost: none without `--write-back`.
  func finishRemovals(at paths: [ObjectPath]) async throws(FileSystemError) {
    let meant = removing.references(at: paths)
    guard !meant.isEmpty else { return }
    await removing.settle(meant.contains)
    if let left = meant.first(where: removing.contains) { throw .notDeletedYet(left) }
  }

  /// Same, for buckets.
  func alone<Result>(
    withBuckets names: [String], _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await alone(with: names.map { ObjectPath(DirectoryLocation(bucket: $0)) }, body)
  }

  /// Same, for names that are resolved first, and resolved again after waiting for other changes: the result may have
  /// moved.
  func alone<Found, Result>(
    finding find: () async throws(FileSystemError) -> (paths: [ObjectPath], found: Found),
    _ body: (Found) async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    while true {
      let (paths, found) = try await find()
      try await finishRemovals(at: paths)
      let result = try await claims.claim(paths) { (hasWaited) async throws(FileSystemError) -> Result? in
        guard hasWaited else { return try await body(found) }
        let again = try await find()
        return again.paths == paths ? try await body(again.found) : nil
      }
      if let result { return result }
    }
  }

  /// Same, for the place of an inode.
  func alone<Result>(
    with inode: InodeNumber, _ body: (Place) async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await alone { () async throws(FileSystemError) in
      guard let node = inodes.table.withLock({ $0[inode] }) else {
        throw FileSystemError(.stale, "inode \(inode) is not known")
      }
      guard let place = node.place else { throw .nameless(inode) }
      return (place.path.map { [$0] } ?? [], place)
    } _: { place async throws(FileSystemError) in
      try await body(place)
    }
  }

  func holdsUnsaved(below location: DirectoryLocation) -> Bool {
    heldFiles { $0.bucket == location.bucket && $0.key.hasPrefix(location.prefix) }.contains { $0.with { $0.isDirty } }
  }

  func hasUnsaved(_ reference: ObjectReference) -> Bool {
    heldFiles(at: reference).contains { $0.with { $0.isDirty } }
  }

  var dirtyContents: [FileContent] {
    var found: [ObjectIdentifier: FileContent] = unsaved.withLock { $0 }
    for content in inodes.table.withLock({ $0.contents { _ in true } }) { found[ObjectIdentifier(content)] = content }
    return found.values.filter { $0.with { $0.isDirty } }
  }
}
