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

  /// Runs a change that looks at names first and then acts on what it saw: no other of its kind comes between. Those of
  /// directories wait for each other in the whole bucket.
  func alone<Result>(
    with paths: [ObjectPath], _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    let keys = Set(paths.map { $0.isDirectory ? ObjectReference(bucket: $0.bucket, key: "") : $0.reference })
    return try await taking.exclusively(keys.sorted { ($0.bucket, $0.key) < ($1.bucket, $1.key) }, body)
  }

  func hasUnsaved(_ reference: ObjectReference) -> Bool {
    heldFiles(at: reference).contains { $0.with { $0.isDirty } }
  }
}
