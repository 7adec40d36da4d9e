import Keys
import S3
import Synchronization

/// Changes by key: objects, directories, buckets, their details and versions.
public final class KeyEdits: ChangingPart {
  let byKey: ByKey
  let moves: Moves
  var door: KeyDoor { byKey.door }
  var saving: Saving { moves.saving }
  var names: Names { moves.names }

  init(_ byKey: ByKey, _ moves: Moves) {
    (self.byKey, self.moves) = (byKey, moves)
  }
}

extension KeyEdits {
  /// Creates a directory by writing its marker. Returns whether it is new. Throws notFound if its bucket does not
  /// exist.
  /// - Parameter given: what the marker has beside the Content-Type of directories, if it has none of its own.
  public func createDirectory(
    _ path: ObjectPath, properties given: ObjectProperties = ObjectProperties()
  ) async throws(FileSystemError) -> Bool {
    try await door.enter(path.asDirectory, .make)
    return try await held.alone(with: [path.asDirectory]) { () async throws(FileSystemError) in
      try await makeDirectory(at: path, given)
    }
  }

  private func makeDirectory(
    at path: ObjectPath, _ given: ObjectProperties
  ) async throws(FileSystemError) -> Bool {
    let location = path.asDirectory.location
    if try await byKey.directoryExists(location, freshness: .now) { return false }
    try given.requireStorable()
    guard !options.plain else {
      try await knowledge.requireBucket(path.bucket, freshness: .now)
      names.makeLocally(location)
      changes.announce(path.asDirectory)
      return true
    }
    var headers = given
    headers.contentType = given.contentType ?? MediaType.directory
    let result = try await mappingErrors { () async throws(S3Error) in
      try await store.putObject(location.marker, body: .bytes([]), properties: headers, condition: .none)
    }
    changes.apply(.wroteMarker(location, size: 0, result, headers: headers))
    changes.announce(path.asDirectory)
    return true
  }

  /// Deletes an object, an empty directory or an empty bucket; with `recursive` everything below too. Returns the
  /// number of objects deleted. Throws notFound, notEmpty, isDirectory, readOnly; preconditionFailed where `ifMatch`
  /// names another version than the object's. S3 checks that itself where it can; where it cannot (LocalStack), a
  /// request just before does. Cost: an object one HEAD and one DELETE; a directory one LIST and one DeleteObjects per
  /// 1,000 objects.
  public func delete(
    _ path: ObjectPath, recursive: Bool, ifMatch etag: ETag? = nil
  ) async throws(FileSystemError) -> Int {
    try await door.enter(path, .change)
    guard !path.isRoot else { throw FileSystemError(.notPermitted, "the root cannot be deleted") }
    if path.isBucket { return try await delete(bucket: path.bucket, recursive: recursive) }
    if path.isDirectory { return try await delete(path.location, recursive: recursive, path) }
    return try await held.alone(with: [path]) { () async throws(FileSystemError) in
      try await deleteObject(at: path, ifMatch: etag)
    }
  }

  private func deleteObject(at path: ObjectPath, ifMatch etag: ETag?) async throws(FileSystemError) -> Int {
    // The mount shows a file that is not in S3 (yet), and it is deleted all the same.
    if etag == nil, held.hasUnsaved(path.reference) {
      try await names.removeObject(path.reference)
      announceRemoved(path)
      return 1
    }
    // S3 reports success for deleting what does not exist; a person wants an error.
    guard case .object(let info) = try await byKey.locate(path, freshness: .now) else {
      throw FileSystemError(.isDirectory, "\(path) is a directory: its name ends in /")
    }
    guard etag == nil || info.etag == etag else { throw .replaced(path, by: info.etag) }
    if let etag { try await remove(path, ifMatch: etag) } else { try await names.removeObject(path.reference) }
    announceRemoved(path)
    return 1
  }

  private func remove(_ path: ObjectPath, ifMatch etag: ETag) async throws(FileSystemError) {
    try await removals.settleCopies { $0 == path.reference }
    let isDeleted: Bool
    do throws(S3Error) { isDeleted = try await removals.deleteChecked(path.reference, ifMatch: etag) } catch {
      guard error.code == .preconditionFailed else { throw FileSystemError(error) }
      throw FileSystemError(
        .preconditionFailed, "\(path) is not the version that was named; nothing was deleted", cause: error)
    }
    if isDeleted { changes.apply(.deleted(path.reference)) } else { try await names.removeObject(path.reference) }
  }

  private func delete(bucket: String, recursive: Bool) async throws(FileSystemError) -> Int {
    try names.requireWholeBuckets("deleted")
    try await knowledge.requireBucket(bucket, freshness: .now)
    var count = 0
    if recursive {
      let all = try await knowledge.objects(below: DirectoryLocation(bucket: bucket))
      try await removals.deleteObjects(all.map(\.key), in: bucket)
      count = all.count
    }
    try await names.deleteBucket(bucket)
    return count
  }

  private func delete(
    _ location: DirectoryLocation, recursive: Bool, _ path: ObjectPath
  ) async throws(FileSystemError) -> Int {
    try await held.alone(with: [path]) { () async throws(FileSystemError) in
      // An upload in flight would bring back what was deleted.
      let files = held.heldFiles { $0.bucket == location.bucket && $0.key.hasPrefix(location.prefix) }
      guard recursive || !files.contains(where: { $0.with { $0.isDirty } }) else {
        throw FileSystemError(.notEmpty, "\(path) is not empty: ?recursive deletes all that is in it")
      }
      return try await saving.replacing(files) { () async throws(FileSystemError) in
        try await deleteObjects(below: location, recursive: recursive, path)
      }
    }
  }

  private func deleteObjects(
    below location: DirectoryLocation, recursive: Bool, _ path: ObjectPath
  ) async throws(FileSystemError) -> Int {
    let all = try await knowledge.objects(below: location)
    guard recursive || all.allSatisfy({ $0.key == location.prefix }) else {
      throw FileSystemError(.notEmpty, "\(path) is not empty: ?recursive deletes all that is in it")
    }
    guard !all.isEmpty || knowledge.directories.withLock({ $0.local.keeps(location) }) else { throw .notFound(path) }
    try await removals.deleteObjects(all.map(\.key), in: location.bucket)
    for object in all {
      announceRemoved(ObjectPath(bucket: location.bucket, key: object.key))
    }
    changes.apply(.removedDirectory(location))
    announceRemoved(path)
    return all.count
  }

  /// Moves an object or a directory, server-side. Throws alreadyExists where `replace` is false, notFound,
  /// invalidArgument (into itself), preconditionFailed where `ifMatch` names another version than the object's, or
  /// `ifState` another state than the directory's, which is checked just before. Cost: as `copy`, and one DELETE, for
  /// directories one DeleteObjects per 1,000.
  @discardableResult
  public func move(
    _ path: ObjectPath, to destination: ObjectPath, replace: Bool, ifMatch etag: ETag? = nil,
    ifState state: TreeState? = nil
  ) async throws(FileSystemError) -> Relocated {
    try door.check(path, .change)
    let made = path.isDirectory ? destination.asDirectory : destination
    let moved = try await held.alone(with: [path, made]) { () async throws(FileSystemError) -> Relocated in
      try await prepare(path, destination, replace: replace, ifMatch: etag, ifState: state)
      guard path.isDirectory else {
        return .object(try await moves.moveFile(path.reference, to: destination.reference))
      }
      let target = made.location
      let existing = replace ? Set(try await knowledge.objects(below: target).map(\.key)) : []
      return .directory(try await moves.moveTree(path.location, to: target, replacing: existing))
    }
    announceRemoved(path)
    changes.announce(made)
    return moved
  }

  /// Copies an object or a directory, server-side. Throws as `move`. Cost: one COPY per object, the check of both
  /// names, and for directories one LIST per 1,000 objects; two with `ifState`.
  @discardableResult
  public func copy(
    _ path: ObjectPath, to destination: ObjectPath, replace: Bool, ifMatch etag: ETag? = nil,
    ifState state: TreeState? = nil
  ) async throws(FileSystemError) -> Relocated {
    let made = path.isDirectory ? destination.asDirectory : destination
    let copied = try await held.alone(with: [made]) { () async throws(FileSystemError) -> Relocated in
      try await prepare(path, destination, replace: replace, ifMatch: etag, ifState: state)
      guard path.isDirectory else {
        return try await saving.replacing(held.heldFiles(at: destination.reference)) {
          () async throws(FileSystemError) in
          .object(try await moves.copyObject(path.reference, to: destination.reference).result.etag)
        }
      }
      let target = made.location
      let state = try await moves.copyTree(path.location, to: target)
      changes.apply(.changedTree(target))
      changes.apply(.madeDirectory(target))
      return .directory(state)
    }
    changes.announce(made)
    return copied
  }

  private func prepare(
    _ path: ObjectPath, _ destination: ObjectPath, replace: Bool, ifMatch etag: ETag?, ifState state: TreeState?
  ) async throws(FileSystemError) {
    try await door.enter(path, .read)
    try await door.enter(destination, .make)
    guard !path.isRoot, !path.isBucket, !destination.isBucket else {
      throw FileSystemError(.notPermitted, "buckets are neither moved nor copied: copy what is in them")
    }
    let isUnsaved = held.hasUnsaved(path.reference)
    // What is not saved yet is another version than any that can be named.
    guard etag == nil || !isUnsaved else { throw .notSavedYet(path, .preconditionFailed) }
    let source = isUnsaved ? nil : try await byKey.locate(path, freshness: .now)
    if let etag, case .object(let info) = source, info.etag != etag { throw .replaced(path, by: info.etag) }
    if case .directory = source, !path.isDirectory {
      throw FileSystemError(.isDirectory, "\(path) is a directory: its name ends in /")
    }
    try await knowledge.requireBucket(destination.bucket, freshness: .withinTTL)
    if path.isDirectory {
      let (from, to) = (path.location, destination.asDirectory.location)
      guard !from.contains(to) else {
        throw FileSystemError(.invalidArgument, "\(path) cannot be moved or copied into itself")
      }
      guard try await !byKey.directoryExists(to, freshness: .now) || replace else {
        throw FileSystemError(.alreadyExists, "\(destination) exists")
      }
      if let state { try await require(state, of: path) }
    } else {
      guard !destination.isDirectory else {
        throw FileSystemError(.isDirectory, "\(destination) names a directory: give the object a name")
      }
      guard destination != path else { throw FileSystemError(.invalidArgument, "\(path) is already there") }
      guard !replace else { return }
      if held.hasUnsaved(destination.reference) { throw .notSavedYet(destination, .alreadyExists) }
      do throws(FileSystemError) { _ = try await knowledge.head(of: destination.reference, freshness: .now) } catch {
        guard error.code == .notFound else { throw error }
        return
      }
      throw FileSystemError(.alreadyExists, "\(destination) exists")
    }
  }

  /// Throws preconditionFailed if a directory is in another state, or has files that are not saved yet. Cost: one LIST
  /// per 1,000 objects.
  private func require(_ state: TreeState, of path: ObjectPath) async throws(FileSystemError) {
    let location = path.location
    let files = held.heldFiles { $0.bucket == location.bucket && $0.key.hasPrefix(location.prefix) }
    let objects = try await knowledge.objects(below: location)
    guard !files.contains(where: { $0.with { $0.isDirty } }), TreeState(objects.map { ($0.key, $0.etag) }) == state
    else {
      throw FileSystemError(.preconditionFailed, "what is in \(path) has changed since; nothing was moved or copied")
    }
  }

  /// Notifies the kernel of a name that the gateway removed.
  func announceRemoved(_ path: ObjectPath) {
    let place: Place = path.isDirectory ? .directory(path.location) : .object(path.reference)
    let split = path.isDirectory ? path.location.parent : path.reference.parent
    let child = inodes.table.withLock { $0.unlink(place) }
    guard let observer = changes.changeObserver, let (above, segment) = split else { return }
    guard let parent = inodes.table.withLock({ $0[.directory(above)]?.number }) else { return }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) {
      observer.entryRemoved(name, in: parent, child: child)
    }
  }
}
