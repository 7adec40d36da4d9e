import S3
import Synchronization

// rename(2): server-side copies, then deletions. S3 has no rename.

extension FileSystem {
  /// rename(2), renameat2(2). A directory of any size is copied object by object, in parallel, and deleted only after
  /// every copy succeeded; when one fails, the copies are removed again. Cost: one COPY and one DELETE per object (one
  /// DeleteObjects per 1,000), and the listing of what is below.
  /// Throws alreadyExists, notEmpty, isDirectory, notDirectory, invalidArgument (into itself, exchange), crossDevice (a
  /// bucket into a bucket, anything else to the root).
  public func rename(
    _ name: String, in parent: InodeNumber, to newName: String, in newParent: InodeNumber, flags: RenameFlags
  ) async throws(FileSystemError) {
    try requireWritable()
    guard !flags.contains(.exchange) else {
      throw FileSystemError(.invalidArgument, "S3 cannot swap two names at once")
    }
    if case .root = try place(of: parent) {
      guard case .root = try place(of: newParent) else {
        throw FileSystemError(.crossDevice, "a bucket cannot be moved into a bucket; copy its contents")
      }
      return try await renameBucket(name, to: newName, flags: flags)
    }
    if case .root = try place(of: newParent) {
      throw FileSystemError(.crossDevice, "only buckets stand at the root: make the bucket \(newName) and copy into it")
    }
    let (source, sourceDirectory) = try await existingPlace(name, in: parent)
    let target = try await renameTarget(newName, in: newParent)
    let destination: Place =
      if case .directory = source { .directory(target.location.directory(target.segment)) } else {
        .object(target.object)
      }
    guard source != destination else { return }
    if flags.contains(.noReplace), target.child.exists || isNew(target.object) {
      throw FileSystemError(.alreadyExists, "\(newName) exists")
    }
    switch (source, destination) {
    case (.object(let from), .object(let to)):
      guard !target.child.isDirectory else { throw FileSystemError(.isDirectory, "\(newName) is a directory") }
      try await moveFile(from, to: to)
    case (.directory(let from), .directory(let to)):
      guard target.child.object == nil, !isNew(target.object) else {
        throw FileSystemError(.notDirectory, "\(newName) is not a directory")
      }
      guard !from.contains(to) else {
        throw FileSystemError(.invalidArgument, "\(name) cannot be moved into itself")
      }
      let hasMarker = target.child.isDirectory ? try await requireEmpty(to).marker != nil : false
      try await moveTree(from, to: to, replacing: hasMarker ? [to.prefix] : [])
    default: throw FileSystemError(.invalidArgument, "\(name) cannot be renamed")
    }
    directories.withLock { $0.local.keep(sourceDirectory) }
    announceOtherName(than: name, in: parent)
  }

  private struct RenameTarget {
    var location: DirectoryLocation
    var segment: ByteName
    var object: ObjectReference
    var child: Child
  }

  private func renameTarget(
    _ name: String, in parent: InodeNumber
  ) async throws(FileSystemError) -> RenameTarget {
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    let location = try directory(parent)
    let segment: ByteName
    do throws(KeyMappingError) {
      switch try KeyMapping.parse(name) {
      case .segment(let text), .shadowedObject(let text): segment = ByteName(text)
      case .continuation: throw KeyMappingError(.misplaced, name: name)
      }
    } catch { throw FileSystemError(error) }
    let object = location.object(segment)
    guard object.key.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key would have \(object.key.length) bytes, S3 allows 1,024")
    }
    let child = try await child(segment, of: location).child
    return RenameTarget(location: location, segment: segment, object: object, child: child)
  }

  private func isNew(_ reference: ObjectReference) -> Bool {
    inodes.withLock { $0[.object(reference)]?.content != nil }
  }

  // MARK: Files

  /// Moves a file, replacing what stands there. One that is not in S3 yet only changes its name.
  func moveFile(_ source: ObjectReference, to destination: ObjectReference) async throws(FileSystemError) {
    let content = inodes.withLock { $0[.object(source)]?.content }
    let replaced = inodes.withLock { $0[.object(destination)]?.content }
    if let replaced { try await keepReadable(replaced) }
    guard let content else {
      try await moveObject(source, to: destination)
      return adopt(source, as: destination, content: nil, replaced: replaced)
    }
    try await content.exclusively { () async throws(FileSystemError) in
      if let etag = content.with({ $0.base?.reader.etag }) {
        try await uploadExclusively(content)
        let copied = try await moveObject(
          source, to: destination, expected: content.with { $0.base?.reader.etag } ?? etag)
        moved(content, to: destination, copied)
      } else {
        let standing = knownChild(at: destination)?.object?.etag
        if content.with({ $0.replaces != nil }) { try await deleteObject(source) }
        content.with { $0.replaces = standing }
      }
      content.with { $0.move(to: destination) }
      await journalAgain(content)
      adopt(source, as: destination, content: content, replaced: replaced)
    }
  }

  /// The tables follow a file that was moved.
  private func adopt(
    _ source: ObjectReference, as destination: ObjectReference, content: FileContent?, replaced: FileContent?
  ) {
    if let replaced {
      replaced.with { $0.unlink() }
      unlinked(destination, replaced)
    }
    let (from, to) = (source.parent, destination.parent)
    directories.withLock { cache in
      let name = cache.local.name(from.segment, of: from.location)
      if name == .newFile {
        cache.local.set(nil, from.segment, of: from.location)
        cache.local.set(.newFile, to.segment, of: to.location)
      }
    }
    inodes.withLock { $0.move(.object(source), to: .object(destination)) }
  }

  /// The contents follow their object. If it was another version by then, readers of the old one will find it gone.
  private func moved(_ content: FileContent, to destination: ObjectReference, _ copied: ObjectCopy.Copied) {
    content.with { state in
      state.base?.reader.move(to: destination)
      guard copied.isExpected else { return }
      let head = ObjectHead(
        size: state.size, etag: copied.result.etag, lastModified: state.lastModified, properties: state.properties)
      state.base?.reader = reader(of: destination, head: head)
    }
  }

  @discardableResult
  private func moveObject(
    _ source: ObjectReference, to destination: ObjectReference, expected: ETag? = nil
  ) async throws(FileSystemError) -> ObjectCopy.Copied {
    let copied = try await copyObject(source, to: destination, expected: expected)
    try await deleteObject(source)
    return copied
  }

  /// Copies one object with its headers and tags, by the server. Cost: one COPY, two where another client replaced the
  /// object since it was last seen (above 5 GiB the headers' HEAD and one UploadPartCopy per GiB).
  @discardableResult
  func copyObject(
    _ source: ObjectReference, to destination: ObjectReference, expected: ETag? = nil
  ) async throws(FileSystemError) -> ObjectCopy.Copied {
    try await settleCopies { $0 == destination }
    let facts = knownChild(at: source)?.object
    let head = metadata.withLock { memory in
      facts.flatMap { memory.head(of: source, matching: $0) } ?? memory.latest(of: source)
    }
    let known = expected ?? facts?.etag ?? head?.etag
    let size = facts?.size ?? head?.size ?? 0
    let copied = try await mappingErrors { () async throws(S3Error) in
      try await ObjectCopy(store: store, journal: uploadJournal, source: source, destination: destination)
        .run(size: size, expected: known)
    }
    if copied.isExpected, let known {
      learnCopy(of: source, etag: known, facts: facts, head: head, as: destination, copied.result)
    } else {
      // What was copied is not known: the next question will tell.
      metadata.withLock { $0.forget(destination) }
      directories.withLock { $0.forget(below: destination.parent.location) }
    }
    return copied
  }

  /// What was known of a version is known of its copy.
  private func learnCopy(
    of source: ObjectReference, etag: ETag, facts: ObjectFacts?, head: ObjectHead?, as destination: ObjectReference,
    _ result: WriteResult
  ) {
    contents.alias(.init(reference: source, etag: etag), as: .init(reference: destination, etag: result.etag))
    let modified = result.lastModified ?? time.wall()
    if var head, head.etag == etag {
      (head.etag, head.lastModified, head.versionID) = (result.etag, modified, result.versionID)
      wrote(head, at: destination, isListed: result.lastModified != nil)
    } else if let facts, facts.etag == etag {
      let copy = ObjectFacts(size: facts.size, etag: result.etag, lastModified: modified, storageClass: nil)
      metadata.withLock { $0.forget(destination) }
      directories.withLock { $0.note(copy, at: destination, now: time.now()) }
      publish(copy, at: destination)
    } else {
      metadata.withLock { $0.forget(destination) }
      directories.withLock { $0.forget(below: destination.parent.location) }
      publishChanges(in: destination.bucket, below: destination.key)
    }
  }

  // MARK: Trees

  /// Moves everything below a directory. Nothing is deleted before all is copied. What is about to be done is on disk
  /// first, so that a rename killed half-way is undone or completed by the next start.
  /// - Parameter existing: The keys that stand below the destination already.
  func moveTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation, replacing existing: Set<ObjectKey> = []
  ) async throws(FileSystemError) {
    await settlePending { source.contains($0.parent.location) || destination.contains($0.parent.location) }
    let open = inodes.withLock { $0.contents { place in place.moved(from: source, to: destination) != nil } }
    for content in open where content.with({ $0.base != nil }) { try await upload(content) }
    let objects = try await objects(below: source)
    let intent = await intend(moving: objects, from: source, to: destination, replacing: existing)
    let made = CopiedKeys()
    do throws(FileSystemError) {
      try await copy(objects, from: source, to: destination, replacing: existing, made)
      await willDelete(intent)
      try await deleteObjects(objects.map(\.key), in: source.bucket)
    } catch {
      if made.keys.isEmpty { intent?.end() } else { intent?.failed(at: time.wall()) }
      throw error
    }
    intent?.end()
    for content in open {
      content.with { state in
        state.move(to: state.reference.moved(from: source, to: destination))
        state.base?.reader.move(to: state.reference)
      }
      await journalAgain(content)
    }
    inodes.withLock { $0.moveTree(source, to: destination) }
    directories.withLock { cache in
      cache.local.move(source, to: destination)
      cache.forget(below: destination)
      if let (above, segment) = source.parent { cache.local.set(nil, segment, of: above) }
      cache.note(directory: source, exists: false, now: time.now())
      // Also when nothing was below it in S3, the directory now stands there.
      cache.local.keep(destination)
      cache.note(directory: destination, exists: true, now: time.now())
    }
  }

  /// Copies everything below a directory. When a copy fails, those made are deleted again. Returns what was copied.
  func copyTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation
  ) async throws(FileSystemError) -> [ObjectSummary] {
    let objects = try await objects(below: source)
    let existing = Set(try await self.objects(below: destination).map(\.key))
    try await copy(objects, from: source, to: destination, replacing: existing, CopiedKeys())
    return objects
  }

  /// Copies objects. `made` tells which copies are there, also after a failure: none, if S3 could be reached.
  private func copy(
    _ objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>, _ made: CopiedKeys
  ) async throws(FileSystemError) {
    do throws(FileSystemError) {
      try await settleCopies { $0.bucket == destination.bucket && $0.key.hasPrefix(destination.prefix) }
      guard
        objects.allSatisfy({
          $0.key.length - source.prefix.length + destination.prefix.length <= ObjectKey.maximumLength
        })
      else { throw FileSystemError(.nameTooLong, "a key below would be longer than the 1,024 bytes that S3 allows") }
      _ = try await concurrently(objects, limit: Self.parallelism) { (object) async throws(FileSystemError) in
        let from = ObjectReference(bucket: source.bucket, key: object.key)
        let to = from.moved(from: source, to: destination)
        // Noted first: a copy whose answer is lost may have been made.
        if !existing.contains(to.key) { made.add(to.key) }
        let copied = try await mappingErrors { () async throws(S3Error) in
          try await ObjectCopy(store: self.store, journal: self.uploadJournal, source: from, destination: to)
            .run(size: object.size, expected: object.etag)
        }
        if copied.isExpected { self.rememberCopy(of: object, from: from, to: to, result: copied.result) }
      }
    } catch {
      if (try? await deleteObjects(made.keys, in: destination.bucket)) != nil { made.clear() }
      throw error
    }
    publishChanges(in: destination.bucket, below: destination.prefix)
  }

  private func rememberCopy(
    of object: ObjectSummary, from source: ObjectReference, to destination: ObjectReference, result: WriteResult
  ) {
    contents.alias(
      .init(reference: source, etag: object.etag), as: .init(reference: destination, etag: result.etag))
    guard var head = metadata.withLock({ $0.head(of: source, matching: ObjectFacts(object)) }) else { return }
    (head.etag, head.versionID) = (result.etag, result.versionID)
    head.lastModified = result.lastModified ?? head.lastModified
    remember(head, of: destination, isListed: result.lastModified != nil)
  }

  /// Every object below a directory, its marker included. Cost: one LIST per 1,000.
  func objects(below location: DirectoryLocation) async throws(FileSystemError) -> [ObjectSummary] {
    var objects: [ObjectSummary] = []
    var request = ListRequest(bucket: location.bucket, prefix: location.prefix, delimiter: nil)
    repeat {
      let page = try await mappingErrors { () async throws(S3Error) in try await store.listObjects(request) }
      objects += page.objects
      request.continuationToken = page.nextToken
    } while request.continuationToken != nil
    return objects
  }

  /// Deletes keys, 1,000 in a request. Throws the first failure, after trying all.
  func deleteObjects(_ keys: [ObjectKey], in bucket: String) async throws(FileSystemError) {
    if !copying.current.isEmpty {
      let keys = Set(keys)
      try await settleCopies { $0.bucket == bucket && keys.contains($0.key) }
    }
    var failure: DeleteFailure?
    for start in stride(from: 0, to: keys.count, by: 1000) {
      let batch = Array(keys[start..<min(start + 1000, keys.count)])
      let failures = try await mappingErrors { () async throws(S3Error) in
        try await store.deleteObjects(bucket: bucket, keys: batch)
      }
      failure = failure ?? failures.first
      let failed = Set(failures.map(\.key))
      for key in batch where !failed.contains(key) { deleted(ObjectReference(bucket: bucket, key: key)) }
    }
    if let failure { throw FileSystemError(failure.error) }
  }
}
