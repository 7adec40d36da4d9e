import Keys
import S3
import Synchronization

/// Renames and copies of objects and trees: server-side copies, then deletions. S3 has no rename.
public final class Moves: ChangingPart {
  let names: Names
  var saving: Saving { names.saving }
  var lookups: Lookups { names.lookups }
  var journal: Journal { saving.journal }

  init(_ names: Names) { self.names = names }
}

extension Moves {
  /// Serves rename(2), renameat2(2). A directory of any size is copied object by object, in parallel, and deleted only
  /// after every copy succeeded; when one fails, the copies are removed again. Cost: one COPY and one DELETE per object
  /// (one DeleteObjects per 1,000), and the listing of what is below. Throws alreadyExists, notEmpty, isDirectory,
  /// notDirectory, invalidArgument (into itself, exchange), crossDevice (a bucket into a bucket, anything else to the
  /// root).
  public func rename(
    _ name: String, in parent: InodeNumber, to newName: String, in newParent: InodeNumber, flags: RenameFlags
  ) async throws(FileSystemError) {
    try requireWritable()
    guard !flags.contains(.exchange) else {
      throw FileSystemError(.invalidArgument, "S3 cannot swap two names at once")
    }
    if case .root = try lookups.place(of: parent) {
      guard case .root = try lookups.place(of: newParent) else {
        throw FileSystemError(.crossDevice, "a bucket cannot be moved into a bucket; copy its contents")
      }
      return try await held.alone(withBuckets: [name, newName]) { () async throws(FileSystemError) in
        try await renameBucket(name, to: newName, flags: flags)
      }
    }
    if case .root = try lookups.place(of: newParent) {
      throw FileSystemError(.crossDevice, "only buckets stand at the root: make the bucket \(newName) and copy into it")
    }
    try await held.alone { () async throws(FileSystemError) in
      let (source, sourceDirectory) = try await names.existingPlace(name, in: parent)
      let target = try await self.names.newName(newName, in: newParent)
      let move = Move(source: source, sourceDirectory: sourceDirectory, target: target)
      return ([source, move.destination].compactMap { $0.path }, move)
    } _: { move async throws(FileSystemError) in
      guard move.source != move.destination else { return }
      try await rename(name, newName, move, flags: flags)
      knowledge.directories.withLock { cache in
        cache.keepIfEmptied(move.sourceDirectory, within: horizon)
        for parent in [move.sourceDirectory, move.target.location] { cache.touch(.directory(parent)) }
      }
    }
    names.announceOtherName(than: name, in: parent)
  }

  /// The state that a rename finds before it begins.
  private struct Move {
    let source: Place
    let sourceDirectory: DirectoryLocation
    let target: Names.NewName

    var destination: Place {
      if case .directory = source {
        .directory(target.location.directory(target.segment))
      } else {
        .object(target.object)
      }
    }
  }

  private func rename(
    _ name: String, _ newName: String, _ move: Move, flags: RenameFlags
  ) async throws(FileSystemError) {
    let target = move.target
    if flags.contains(.noReplace), target.exists || names.isNew(target.object) {
      throw FileSystemError(.alreadyExists, "\(newName) exists")
    }
    switch (move.source, move.destination) {
    case (.object(let from), .object(let to)):
      // A file that is only here would hide the directory that has the same name.
      let hides = target.isBesideDirectory && names.isNew(from) && knowledge.knownChild(at: from)?.object == nil
      guard !target.isDirectory, !hides else { throw FileSystemError(.isDirectory, "\(newName) is a directory") }
      // The cached knowledge of it may be as old as the burst.
      if flags.contains(.noReplace), try await knowledge.currentHead(of: to) != nil {
        throw FileSystemError(.alreadyExists, "\(newName) exists")
      }
      try await moveFile(from, to: to)
    case (.directory(let from), .directory(let to)):
      guard target.isDirectory || !target.exists && !names.isNew(target.object) else {
        throw FileSystemError(.notDirectory, "\(newName) is not a directory")
      }
      guard !target.isOfObject else { throw .onlyOfObject(newName) }
      guard !from.contains(to) else {
        throw FileSystemError(.invalidArgument, "\(name) cannot be moved into itself")
      }
      let hasMarker = target.child.isDirectory ? try await removals.requireEmpty(to).marker != nil : false
      try await moveTree(from, to: to, replacing: hasMarker ? [to.prefix] : [])
    default: throw FileSystemError(.invalidArgument, "\(name) cannot be renamed")
    }
  }

  // MARK: Files

  /// Moves a file, replacing what has the new name. A file that is not in S3 yet only changes its name. Returns the
  /// version at the destination, if it is in S3.
  @discardableResult
  func moveFile(
    _ source: ObjectReference, to destination: ObjectReference
  ) async throws(FileSystemError) -> ETag? {
    let content = inodes.table.withLock { $0[.object(source)]?.content }
    let replaced = inodes.table.withLock { $0[.object(destination)]?.content }
    // An upload of the replaced file must not end after the rename.
    return try await FileContent.exclusively([content, replaced]) { () async throws(FileSystemError) in
      var etag: ETag?
      if let replaced { try await removals.keepReadable(replaced) }
      guard let content else {
        etag = try await moveObject(source, to: destination, replacing: replaced).result.etag
        adopt(source, as: destination)
        return etag
      }
      if content.with({ $0.bytes.base != nil }) {
        try await saving.uploadExclusively(content)
        let copied = try await moveObject(
          source, to: destination, replacing: replaced, expected: content.with { $0.etag })
        moved(content, to: destination, copied)
        etag = copied.result.etag
      } else {
        let (old, names) = (try await replacedHead(at: destination), MovedNames(source, destination))
        content.with { state in
          let headers = InheritedHeaders.of(
            state.properties, from: names.old, to: names.new, replacing: old?.properties)
          state.inherit(headers, tagCount: old.map(\.tagCount) ?? 0)
        }
        if content.with({ $0.mayBeInS3 }) { try await saving.deleteObject(source, of: content) }
        // Requested anew where the cached version is stale: the record must name the version that is replaced.
        content.with { $0.replaces = old?.etag }
        unlinkReplaced(replaced, at: destination)
      }
      content.with { $0.move(to: destination) }
      journal.journalAgain(content)
      adopt(source, as: destination)
      return etag
    }
  }

  /// Removes the name of a file that another took. What was closed and not saved is gone with it.
  private func unlinkReplaced(_ content: FileContent?, at reference: ObjectReference) {
    guard let content else { return }
    content.unlink()
    removals.unlinked(reference, content)
  }

  /// Updates the tables after a file was moved.
  private func adopt(_ source: ObjectReference, as destination: ObjectReference) {
    let (from, to) = (source.parent, destination.parent)
    knowledge.directories.withLock { cache in
      let name = cache.local.name(from.segment, of: from.location)
      if name == .newFile {
        cache.setLocal(nil, from.segment, of: from.location)
        cache.setLocal(.newFile, to.segment, of: to.location)
      }
    }
    inodes.table.withLock { $0.move(.object(source), to: .object(destination)) }
  }

  /// Makes the contents follow their object. If it was another version by then, readers of the old one get an error
  /// that it is gone.
  private func moved(_ content: FileContent, to destination: ObjectReference, _ copied: ObjectCopy.Copied) {
    content.with { state in
      rebase(&state, to: destination) { copied.isExpected && copied.source == $0 ? copied.result.etag : nil }
    }
  }

  /// Updates the base versions of a file after they got another name. `copy` returns the version of a version's copy,
  /// if it was copied.
  func rebase(_ state: inout OpenFile, to reference: ObjectReference, _ copy: (ETag) -> ETag?) {
    for base in state.baseReaders {
      base.move(to: reference)
      guard let etag = copy(base.etag) else { continue }
      let head = ObjectHead(
        size: base.size, etag: etag, lastModified: state.lastModified, properties: state.properties)
      state.copied(base, to: contents.reader(of: reference, head: head))
    }
  }

  private struct MovedNames {
    let old: String
    let new: String

    init(_ source: ObjectReference, _ destination: ObjectReference) {
      old = source.parent.segment.string
      new = destination.parent.segment.string
    }
  }

  /// Returns the headers of the object that a rename replaces; nil if there is none. Cost: one HEAD where they are not
  /// known.
  private func replacedHead(at reference: ObjectReference) async throws(FileSystemError) -> ObjectHead? {
    guard knowledge.isKnown(objectAt: reference) ?? true else { return nil }
    do throws(FileSystemError) { return try await knowledge.checkedHead(of: reference) } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Copies an object and deletes it. With the copy the destination's file is replaced, even if the deletion fails
  /// then: a retry of its upload would save beside the copy what nobody can see any more.
  private func moveObject(
    _ source: ObjectReference, to destination: ObjectReference, replacing replaced: FileContent?,
    expected: ETag? = nil
  ) async throws(FileSystemError) -> ObjectCopy.Copied {
    // An interrupted rename of the same object is settled first.
    await journal.renames.settled(objects: source, destination)
    let intent = await journal.intend(moving: source, to: destination)
    var isCopied = false
    var expected = expected
    do throws(FileSystemError) {
      for _ in 0..<Contents.mostTries {
        let copied = try await copyObject(source, to: destination, expected: expected, replacesDetails: false)
        inodes.keepAttributesHere(of: source, asThoseOf: destination, copied)
        if !isCopied {
          unlinkReplaced(replaced, at: destination)
          await journal.willDelete(intent)
        }
        isCopied = true
        if try await removals.deleteObject(source, ifStill: copied.source) {
          intent?.end()
          return copied
        }
        // The object was written since; or it has parts, and its copy has another ETag.
        expected = try await knowledge.head(of: source, freshness: .now).etag
      }
      throw FileSystemError(.stale, "\(source) changes all the time")
    } catch {
      // A copy whose answer is lost may have been made.
      if isCopied || error.cause?.isWithoutAnswer == true, let intent { settleLater(intent) } else { intent?.end() }
      throw error
    }
  }

  /// Returns the headers and tags of a copy where they differ from the source's; nil: the source's. Cost: one HEAD of
  /// the source where the names' types differ or something is replaced, and the source's headers are not known.
  private func inherited(
    _ source: ObjectReference, _ destination: ObjectReference, replacesDetails: Bool
  ) async throws(FileSystemError) -> (headers: ObjectProperties, tags: [Tag]?)? {
    let names = MovedNames(source, destination)
    let old = replacesDetails ? nil : try await replacedHead(at: destination)
    guard old != nil || MediaType.ofFile(named: names.old) != MediaType.ofFile(named: names.new) else { return nil }
    let own = try await knowledge.checkedHead(of: source)
    let headers = InheritedHeaders.of(own.properties, from: names.old, to: names.new, replacing: old?.properties)
    return try await mappingErrors { () async throws(S3Error) in
      var tags: [Tag]?
      if let old, own.tagCount ?? 0 == 0 {
        // The file's own tags are requested only where it may have some, and there are others to take over.
        let replaced = try await store.tags(of: destination, counted: old.tagCount)
        if !replaced.isEmpty, try await store.tags(of: source, counted: own.tagCount).isEmpty { tags = replaced }
      }
      return headers != own.properties || tags != nil ? (headers, tags) : nil
    }
  }

  /// Copies one object with its headers and tags (see `InheritedHeaders`), by the server. With `replacesDetails` no
  /// details of the replaced object remain. Cost: one COPY, two and a HEAD where another client replaced the object
  /// since it was last seen (above 5 GiB the headers' HEAD and one UploadPartCopy per GiB).
  @discardableResult
  func copyObject(
    _ source: ObjectReference, to destination: ObjectReference, expected: ETag? = nil, replacesDetails: Bool = true
  ) async throws(FileSystemError) -> ObjectCopy.Copied {
    let inherited = try await inherited(source, destination, replacesDetails: replacesDetails)
    try await removals.settleCopies { $0 == destination }
    let facts = knowledge.knownChild(at: source)?.object
    var head = knowledge.metadata.withLock { memory in
      facts.flatMap { memory.head(of: source, matching: $0) } ?? memory.latest(of: source)
    }
    let known = expected ?? facts?.etag ?? head?.etag
    let size = facts?.size ?? head?.size ?? 0
    let copied = try await mappingErrors { () async throws(S3Error) in
      var copy = ObjectCopy(store: store, journal: uploadJournal, source: source, destination: destination)
      (copy.headers, copy.tags) = (inherited?.headers, inherited?.tags)
      (copy.storageClass, copy.known) = (facts?.storageClass, head?.etag == known ? head?.properties : nil)
      return try await copy.run(size: size, expected: known)
    }
    if let inherited {
      head?.properties = inherited.headers
      if let tags = inherited.tags { head?.tagCount = tags.count }
    }
    if copied.isExpected, let known {
      learnCopy(of: source, etag: known, facts: facts, head: head, as: destination, copied.result)
    } else {
      // Another client was quicker: S3 says which version was copied.
      changes.apply(.wroteUnknown(destination))
      if let head = try? await self.knowledge.head(of: destination, freshness: .now), head.etag == copied.result.etag {
        changes.apply(.wrote(head, at: destination, isListed: true))
      }
    }
    return copied
  }

  /// Transfers what was known of a version to its copy.
  private func learnCopy(
    of source: ObjectReference, etag: ETag, facts: ObjectFacts?, head: ObjectHead?, as destination: ObjectReference,
    _ result: WriteResult
  ) {
    cache.alias(.init(reference: source, etag: etag), as: .init(reference: destination, etag: result.etag))
    let modified = result.lastModified ?? time.wall()
    if var head, head.etag == etag {
      (head.etag, head.lastModified, head.versionID) = (result.etag, modified, result.versionID)
      changes.apply(.wrote(head, at: destination, isListed: result.lastModified != nil))
    } else if let facts, facts.etag == etag {
      let version = Version(etag: result.etag, modified: modified, isStated: result.lastModified != nil)
      let copy = ObjectFacts(size: facts.size, version: version, storageClass: facts.storageClass)
      changes.apply(.replaced(copy, at: destination))
    } else {
      changes.apply(.wroteUnknown(destination))
    }
  }
}
