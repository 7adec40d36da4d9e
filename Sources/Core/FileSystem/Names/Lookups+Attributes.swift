import S3
import Synchronization

// Attributes and places of inodes.

extension Lookups {
  /// Returns fresh attributes from memory; nil: call `attributes`.
  public func cachedAttributes(of inode: InodeNumber, handle: FileHandle?) -> Entry? {
    freshAttributes(of: inode, handle: handle).map { recordReply($0) }
  }

  /// Records what is about to be reported to the kernel of an inode, so that an open knows whether the kernel must
  /// forget it.
  func recordReply(_ entry: Entry) -> Entry {
    if entry.attributes.kind != .directory { inodes.table.withLock { $0.recordReply(entry.attributes) } }
    return entry
  }

  private func freshAttributes(of inode: InodeNumber, handle: FileHandle?) -> Entry? {
    guard let node = inodes.table.withLock({ $0[inode] }) else { return nil }
    if let entry = localAttributes(of: node, handle: handle) { return entry }
    if let place = node.place, isLeaving(place) { return nil }
    let now = time.now()
    switch node.place {
    case nil: return node.lastAttributes.map { Entry(attributes: $0, validFor: .zero) }
    case .root: return rootEntry()
    case .directory(let location):
      guard let (parent, segment) = location.parent, location.continuation == 0 else {
        return Entry(attributes: inodes.attributes(of: location), validFor: .zero)
      }
      guard let known = knowledge.directories.withLock({ $0.kind(segment, of: parent, within: horizon, now: now) }),
        known.child.isDirectory
      else {
        return nil
      }
      return Entry(attributes: inodes.attributes(of: location), validFor: validity(since: known.at))
    case .object(let reference):
      let (parent, segment) = reference.parent
      guard let known = knowledge.directories.withLock({ $0.child(segment, of: parent, within: horizon, now: now) }),
        let facts = known.child.object,
        !options.readsAllMetadata || !knowledge.wantsHeaders(of: Child(object: facts), segment, in: parent)
      else { return nil }
      if inodes.separate(reference, from: facts.etag) {
        return freshAttributes(of: inode, handle: handle)
      }
      let attributes = inodes.attributes(of: reference, facts: facts, inode: inode)
      guard node.isShown(as: attributes.kind) else { return nil }
      return Entry(attributes: attributes, validFor: validity(since: known.at))
    }
  }

  /// Returns the entry of the root, which is never looked up.
  private func rootEntry() -> Entry {
    Entry(attributes: inodes.rootAttributes(), validFor: validity, attributesValidFor: options.ttl ?? Entry.thisCall)
  }

  /// Returns the attributes of an unlinked or unsaved file.
  private func localAttributes(of node: InodeTable.Node, handle: FileHandle?) -> Entry? {
    let content = node.content ?? handle.flatMap { handle in inodes.handles.withLock { $0[handle]?.content } }
    guard let content else { return nil }
    guard node.place != nil else {
      return content.with { state in
        var attributes = inodes.attributes(of: state, inode: node.number)
        attributes.links = 0
        return Entry(attributes: attributes, validFor: .zero)
      }
    }
    return unsavedAttributes(of: content, inode: node.number).map { Entry(attributes: $0, validFor: validity) }
  }

  /// Serves stat(2). Throws notFound when the name is gone. Cost: 0 within the ttl, else see `child`.
  public func attributes(of inode: InodeNumber, handle: FileHandle?) async throws(FileSystemError) -> Entry {
    recordReply(
      try await ofInode { () async throws(FileSystemError) in
        try await self.whereItIs(inode) { () async throws(FileSystemError) in
          try await self.presentAttributes(of: inode, handle: handle)
        }
      })
  }

  private func presentAttributes(
    of inode: InodeNumber, handle: FileHandle?
  ) async throws(FileSystemError) -> Entry {
    if let entry = freshAttributes(of: inode, handle: handle) { return entry }
    switch try place(of: inode) {
    case .root: return rootEntry()
    case .directory(let location):
      guard let (parent, segment) = location.parent else {
        return Entry(attributes: inodes.attributes(of: location), validFor: .zero)
      }
      do throws(FileSystemError) {
        let (child, at) = try await knowledge.child(segment, of: parent)
        guard child.isDirectory else { throw .nameless(inode) }
        return Entry(attributes: inodes.attributes(of: location), validFor: validity(since: at))
      } catch {
        guard error.cause?.isNoAnswerNow == true, held.holdsUnsaved(below: location) else { throw error }
        return Entry(attributes: inodes.attributes(of: location), validFor: .zero)
      }
    case .object(let reference):
      let (parent, segment) = reference.parent
      let facts: ObjectFacts?
      let at: Learned
      if segment.isEmpty {
        let listing = try await knowledge.listing(of: parent)
        (facts, at) = (listing.marker, knowledge.learned(listing))
      } else {
        let known = try await knowledge.child(segment, of: parent)
        (facts, at) = (known.child.object, known.at)
      }
      guard let facts else {
        guard inodes.table.withLock({ $0.separate(reference, from: nil) }) else { throw .nameless(inode) }
        return try await presentAttributes(of: inode, handle: handle)
      }
      if inodes.separate(reference, from: facts.etag) {
        return try await presentAttributes(of: inode, handle: handle)
      }
      if options.readsAllMetadata { await knowledge.learnHeaders(of: Child(object: facts), segment, in: parent) }
      let attributes = inodes.attributes(of: reference, facts: facts, inode: inode)
      guard inodes.table.withLock({ $0[inode]?.isShown(as: attributes.kind) ?? true }) else {
        // The kernel looks the name up again, and is given another inode.
        throw FileSystemError(.stale, "\(reference) was a file of another kind")
      }
      return Entry(attributes: attributes, validFor: validity(since: at))
    }
  }

  /// Returns the contents of a file without a name that is still open.
  func unlinkedContent(of inode: InodeNumber) -> FileContent? {
    inodes.table.withLock { $0[inode].flatMap { $0.place == nil ? $0.content : nil } }
  }

  /// Returns the place of an inode that has one.
  func place(of inode: InodeNumber) throws(FileSystemError) -> Place {
    guard let node = inodes.table.withLock({ $0[inode] }) else {
      throw FileSystemError(.stale, "inode \(inode) is not known")
    }
    guard let place = node.place else { throw .nameless(inode) }
    return place
  }

  func directory(_ inode: InodeNumber) throws(FileSystemError) -> DirectoryLocation {
    guard case .directory(let location) = try place(of: inode) else {
      throw FileSystemError(.notDirectory, "inode \(inode) is not a directory of a bucket")
    }
    return location
  }
}

extension Lookups {
  /// Runs an operation on an inode. Linux looks a path up again only on ESTALE: when the inode's name is gone, the
  /// error is never ENOENT, which is the answer for a name.
  func ofInode<Result>(
    _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    do throws(FileSystemError) { return try await body() } catch {
      guard error.code == .notFound else { throw error }
      throw FileSystemError(.stale, error.message, cause: error.cause)
    }
  }
}

extension Lookups {
  /// Runs a change of a version's headers. If another client replaced the version meanwhile, the path must be looked up
  /// again; that is no error.
  func ofVersion(_ body: () async throws(FileSystemError) -> Void) async throws(FileSystemError) {
    do throws(FileSystemError) { try await body() } catch {
      guard error.code == .preconditionFailed else { throw error }
      throw FileSystemError(.stale, error.message, cause: error.cause)
    }
  }
}
