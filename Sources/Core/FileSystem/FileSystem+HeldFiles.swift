import S3
import Synchronization

// Which files this process holds something of, and who may change a name.

extension FileSystem {
  /// The files at a place or below it that this process holds something of.
  func heldFiles(where isChosen: (ObjectReference) -> Bool) -> [FileContent] {
    var found = inodes.withLock { table in
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

  /// The same of one name, without a look at all that is open.
  func heldFiles(at reference: ObjectReference) -> [FileContent] {
    let open = inodes.withLock { $0[.object(reference)]?.content }
    let kept = unsaved.withLock { $0.values.filter { $0 !== open && $0.with { $0.reference } == reference } }
    return (open.map { [$0] } ?? []) + kept
  }

  /// Runs a change that looks at names first and then acts on what it saw: no other of them, and none of a directory that
  /// they are in, comes between.
  func alone<Result>(
    with paths: [ObjectPath], _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await claims.claim(paths) { (_) async throws(FileSystemError) in try await body() }
  }

  /// The same of names that are found first, and again where others were waited for: what was found may be elsewhere.
  func alone<Found, Result>(
    finding find: () async throws(FileSystemError) -> (paths: [ObjectPath], found: Found),
    _ body: (Found) async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    while true {
      let (paths, found) = try await find()
      let result = try await claims.claim(paths) { (hasWaited) async throws(FileSystemError) -> Result? in
        guard hasWaited else { return try await body(found) }
        let again = try await find()
        return again.paths == paths ? try await body(again.found) : nil
      }
      if let result { return result }
    }
  }

  /// The same of what an inode stands for.
  func alone<Result>(
    with inode: InodeNumber, _ body: (Place) async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await alone { () async throws(FileSystemError) in
      guard let node = inodes.withLock({ $0[inode] }) else {
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
}
