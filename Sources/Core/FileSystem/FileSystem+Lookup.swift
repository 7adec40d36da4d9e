import Keys
import S3
import Synchronization

// Names and attributes by inode.

extension FileSystem {
  // MARK: Lookup

  /// The answer to a lookup if memory has a fresh one; nil: call `lookup`. A found entry counts as one lookup.
  public func cachedLookup(_ name: String, in parent: InodeNumber) -> LookupAnswer? {
    guard let place = inodes.withLock({ $0[parent]?.place }) else { return nil }
    let now = time.now()
    switch place {
    case .root:
      if let known = buckets.withLock({ $0.fresh(within: horizon) }) {
        return answer(bucket: name, among: scoped(known.buckets), learnedAt: known.at)
      }
      if !Self.mayNameBucket(name) { return .absent(validFor: validity) }
      return isKnown(bucket: name) ? found(bucket: name) : nil
    case .object: return nil
    case .directory(let location):
      guard let parsed = try? location.parse(name) else { return nil }
      if let entry = newFile(parsed, in: location) { return .found(entry) }
      switch parsed {
      case .segment(let segment):
        let segment = ByteName(segment)
        let known = directories.withLock { $0.kind(segment, of: location, within: horizon, now: now) }
        guard let (child, at) = known, !wantsHeaders(of: child, segment, in: location) else { return nil }
        return answer(child, segment: segment, in: location, learnedAt: at)
      case .shadowedObject, .continuation: return nil
      }
    }
  }

  /// Looks a name up. A found entry counts as one lookup, to be given back by `forget`.
  /// Throws notFound when the parent is gone, notDirectory, nameTooLong, and what S3 gives. Cost: see `child`.
  public func lookup(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> LookupAnswer {
    do throws(FileSystemError) { return try await lookup(name, in: parent, learningHeaders: true) } catch {
      guard error.cause?.isNoAnswerNow == true, let location = try? leadsToUnsaved(name, in: parent) else {
        throw error
      }
      return found(location, learnedAt: Learned(at: time.now()))
    }
  }

  /// The directory of a name, if files that S3 does not have are below it: they can be read while S3 does not answer.
  private func leadsToUnsaved(
    _ name: String, in parent: InodeNumber
  ) throws(FileSystemError) -> DirectoryLocation? {
    let location: DirectoryLocation
    switch try place(of: parent) {
    case .root: location = self.location(ofBucket: name)
    case .directory(let parent):
      guard case .segment(let segment)? = try? parent.parse(name) else { return nil }
      location = parent.directory(ByteName(segment))
    case .object: return nil
    }
    return holdsUnsaved(below: location) ? location : nil
  }

  /// With `learningHeaders` the entry has the object's own attributes; without, only its kind of place counts.
  func lookup(
    _ name: String, in parent: InodeNumber, learningHeaders: Bool
  ) async throws(FileSystemError) -> LookupAnswer {
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    switch try place(of: parent) {
    case .root:
      if try await findsBucket(name) { return found(bucket: name) }
      let list = try await knownBuckets()
      return answer(bucket: name, among: list, learnedAt: Learned(at: time.now()))
    case .object: throw FileSystemError(.notDirectory, "inode \(parent) is not a directory")
    case .directory(let location):
      // A name that no key has: nothing can stand there.
      guard let parsed = try? location.parse(name) else { return .absent(validFor: validity) }
      if let entry = newFile(parsed, in: location) { return .found(entry) }
      return try await lookup(parsed, in: location, learningHeaders: learningHeaders)
    }
  }

  private func lookup(
    _ parsed: ParsedName, in location: DirectoryLocation, learningHeaders: Bool
  ) async throws(FileSystemError) -> LookupAnswer {
    switch parsed {
    case .segment(let segment):
      let known = directories.withLock {
        $0.kind(ByteName(segment), of: location, within: horizon, now: time.now())
      }
      let (child, at) = if let known { known } else { try await child(ByteName(segment), of: location) }
      if learningHeaders { await learnHeaders(of: child, ByteName(segment), in: location) }
      return answer(child, segment: ByteName(segment), in: location, learnedAt: at)
    case .shadowedObject(let segment):
      guard let (reference, facts, at) = try await shadowedObject(segment, in: location) else {
        return .absent(validFor: .zero)
      }
      if learningHeaders, !segment.isEmpty {
        await learnHeaders(of: Child(object: facts), ByteName(segment), in: location)
      }
      return found(reference, facts, learnedAt: at)
    case .continuation(let chunk):
      let inside = location.continued(chunk)
      let listing = try await listing(of: inside)
      guard !names(of: listing, in: inside).isEmpty || directories.withLock({ $0.local.keepsContinuation(inside) })
      else { return .absent(validFor: .zero) }
      return found(inside, learnedAt: learned(listing))
    }
  }

  /// The object beside a directory of the same name; with an empty segment the body of the directory's own marker. It
  /// keeps that name when the directory goes, so that `rm -r`, which read both names, can finish.
  private func shadowedObject(
    _ segment: String, in location: DirectoryLocation
  ) async throws(FileSystemError) -> (ObjectReference, ObjectFacts, at: Learned)? {
    if segment.isEmpty {
      let listing = try await listing(of: location)
      guard let marker = listing.marker, marker.size > 0 else { return nil }
      return (location.marker, marker, learned(listing))
    }
    let reference = location.object(ByteName(segment))
    let (child, at) = try await child(ByteName(segment), of: location)
    if let facts = child.object { return (reference, facts, at) }
    // A directory that is kept here is known without asking, but not what stands beside it.
    guard child.isDirectory else { return nil }
    let listing = try await listing(of: location)
    return listing.children[ByteName(segment)]?.object.map { (reference, $0, learned(listing)) }
  }

  /// Whether a name can be that of a bucket, even of one that is older than today's rules. Programs look for ".git" and
  /// the like in every directory above their own.
  private static func mayNameBucket(_ name: String) -> Bool {
    name.utf8.count >= 3 && name.utf8.first != UInt8(ascii: ".")
  }

  private func found(bucket name: String) -> LookupAnswer {
    found(location(ofBucket: name), learnedAt: Learned(at: time.now()))
  }

  private func answer(
    bucket name: String, among list: [BucketSummary], learnedAt: Learned
  ) -> LookupAnswer {
    guard list.contains(where: { ByteName($0.name) == ByteName(name) }) else {
      return .absent(validFor: validity(since: learnedAt))
    }
    return found(location(ofBucket: name), learnedAt: learnedAt)
  }

  private func answer(
    _ child: Child, segment: ByteName, in location: DirectoryLocation, learnedAt: Learned
  ) -> LookupAnswer {
    if child.isDirectory { return found(location.directory(segment), learnedAt: learnedAt) }
    if let facts = child.object { return found(location.object(segment), facts, learnedAt: learnedAt) }
    return .absent(validFor: validity(since: learnedAt))
  }

  private func found(_ location: DirectoryLocation, learnedAt: Learned) -> LookupAnswer {
    _ = inodes.withLock { $0.look(up: .directory(location)) }
    forgetSurplus()
    return .found(foundEntry(attributes(of: location), learnedAt: learnedAt))
  }

  private func found(
    _ reference: ObjectReference, _ facts: ObjectFacts, learnedAt: Learned
  ) -> LookupAnswer {
    let (known, content) = inodes.withLock { table in
      table.separate(reference, from: facts.etag)
      return (table.number(for: .object(reference)), table[.object(reference)]?.content)
    }
    var attributes =
      content.flatMap { unsavedAttributes(of: $0, inode: known) }
      ?? attributes(of: reference, facts: facts, inode: known)
    attributes.inode = inodes.withLock { $0.look(up: .object(reference), as: attributes.kind) }
    forgetSurplus()
    let entry = foundEntry(attributes, learnedAt: learnedAt, isOpen: content != nil)
    return .found(telling(entry))
  }

  /// A name that a lookup found. The kernel checks the permissions along a path by the attributes: without a ttl it has them
  /// for so long, and does not ask for each again. Those of an open file can be asked for by its descriptor, without a
  /// lookup.
  private func foundEntry(_ attributes: Attributes, learnedAt: Learned, isOpen: Bool = false) -> Entry {
    let validFor = validity(since: learnedAt)
    let forThisCall = options.ttl == nil && !isOpen && (attributes.kind == .directory || hasOneObserver)
    return Entry(
      attributes: attributes, validFor: validFor, attributesValidFor: forThisCall ? Entry.thisCall : validFor)
  }

  /// A file that exists only here. Counts one lookup.
  private func newFile(_ parsed: ParsedName, in location: DirectoryLocation) -> Entry? {
    guard case .segment(let segment) = parsed else { return nil }
    let place = Place.object(location.object(ByteName(segment)))
    // Beside a directory it has another name.
    guard !directories.withLock({ $0.wasDirectory(ByteName(segment), of: location) }) else { return nil }
    guard let node = inodes.withLock({ $0[place] }), let content = node.content else { return nil }
    guard let attributes = unsavedAttributes(of: content, inode: node.number) else { return nil }
    _ = inodes.withLock { $0.look(up: place) }
    return telling(Entry(attributes: attributes, validFor: validity))
  }

  /// The attributes of a file whose truth is here, because it is not saved; nil when S3 has it all.
  func unsavedAttributes(of content: FileContent, inode: InodeNumber) -> Attributes? {
    content.with { $0.isDirty ? attributes(of: $0, inode: inode) : nil }
  }

  /// Gives lookups back (FUSE forget); the inode's memory is freed when none is left.
  public func forget(_ inode: InodeNumber, lookups: UInt64) { inodes.withLock { $0.forget(inode, lookups: lookups) } }

  /// Asks the kernel to forget files that nobody uses, when it holds more inodes than there is memory for.
  private func forgetSurplus() {
    let surplus = inodes.withLock { $0.surplus() }
    guard !surplus.isEmpty, let observer = changeObserver else { return }
    for (file, parent) in surplus {
      let names = KeyMapping.names(forSegment: file.parent.segment.string)
      if names.count == 1 { observer.entryIsSurplus(names[0], in: parent) }
    }
  }

  // MARK: Attributes

  /// Fresh attributes from memory; nil: call `attributes`.
  public func cachedAttributes(of inode: InodeNumber, handle: FileHandle?) -> Entry? {
    freshAttributes(of: inode, handle: handle).map { telling($0) }
  }

  /// Notes what the kernel is about to be told of an inode, so that an open knows whether it must forget it.
  func telling(_ entry: Entry) -> Entry {
    if entry.attributes.kind != .directory { inodes.withLock { $0.tell(entry.attributes) } }
    return entry
  }

  private func freshAttributes(of inode: InodeNumber, handle: FileHandle?) -> Entry? {
    guard let node = inodes.withLock({ $0[inode] }) else { return nil }
    if let entry = localAttributes(of: node, handle: handle) { return entry }
    let now = time.now()
    switch node.place {
    case nil: return node.lastAttributes.map { Entry(attributes: $0, validFor: .zero) }
    case .root: return rootEntry()
    case .directory(let location):
      guard let (parent, segment) = location.parent, location.continuation == 0 else {
        return Entry(attributes: attributes(of: location), validFor: .zero)
      }
      guard let known = directories.withLock({ $0.kind(segment, of: parent, within: horizon, now: now) }),
        known.child.isDirectory
      else {
        return nil
      }
      return Entry(attributes: attributes(of: location), validFor: validity(since: known.at))
    case .object(let reference):
      let (parent, segment) = reference.parent
      guard let known = directories.withLock({ $0.child(segment, of: parent, within: horizon, now: now) }),
        let facts = known.child.object,
        !options.readsAllMetadata || !wantsHeaders(of: Child(object: facts), segment, in: parent)
      else { return nil }
      if inodes.withLock({ $0.separate(reference, from: facts.etag) }) {
        return freshAttributes(of: inode, handle: handle)
      }
      let attributes = attributes(of: reference, facts: facts, inode: inode)
      guard node.isShown(as: attributes.kind) else { return nil }
      return Entry(attributes: attributes, validFor: validity(since: known.at))
    }
  }

  /// The root is looked up by nobody.
  private func rootEntry() -> Entry {
    Entry(attributes: rootAttributes(), validFor: validity, attributesValidFor: options.ttl ?? Entry.thisCall)
  }

  /// The attributes of an unlinked or unsaved file.
  private func localAttributes(of node: InodeTable.Node, handle: FileHandle?) -> Entry? {
    let content = node.content ?? handle.flatMap { handle in handles.withLock { $0[handle]?.content } }
    guard let content else { return nil }
    guard node.place != nil else {
      return content.with { state in
        var attributes = attributes(of: state, inode: node.number)
        attributes.links = 0
        return Entry(attributes: attributes, validFor: .zero)
      }
    }
    return unsavedAttributes(of: content, inode: node.number).map { Entry(attributes: $0, validFor: validity) }
  }

  /// stat(2). Throws notFound when the name is gone. Cost: 0 within the ttl, else see `child`.
  public func attributes(of inode: InodeNumber, handle: FileHandle?) async throws(FileSystemError) -> Entry {
    telling(
      try await ofInode { () async throws(FileSystemError) in
        try await self.presentAttributes(of: inode, handle: handle)
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
        return Entry(attributes: attributes(of: location), validFor: .zero)
      }
      do throws(FileSystemError) {
        let (child, at) = try await child(segment, of: parent)
        guard child.isDirectory else { throw .nameless(inode) }
        return Entry(attributes: attributes(of: location), validFor: validity(since: at))
      } catch {
        guard error.cause?.isNoAnswerNow == true, holdsUnsaved(below: location) else { throw error }
        return Entry(attributes: attributes(of: location), validFor: .zero)
      }
    case .object(let reference):
      let (parent, segment) = reference.parent
      let facts: ObjectFacts?
      let at: Learned
      if segment.isEmpty {
        let listing = try await listing(of: parent)
        (facts, at) = (listing.marker, learned(listing))
      } else {
        let known = try await child(segment, of: parent)
        (facts, at) = (known.child.object, known.at)
      }
      guard let facts else {
        guard inodes.withLock({ $0.separate(reference, from: nil) }) else { throw .nameless(inode) }
        return try await presentAttributes(of: inode, handle: handle)
      }
      if inodes.withLock({ $0.separate(reference, from: facts.etag) }) {
        return try await presentAttributes(of: inode, handle: handle)
      }
      if options.readsAllMetadata { await learnHeaders(of: Child(object: facts), segment, in: parent) }
      let attributes = attributes(of: reference, facts: facts, inode: inode)
      guard inodes.withLock({ $0[inode]?.isShown(as: attributes.kind) ?? true }) else {
        // The kernel looks the name up again, and is given another inode.
        throw FileSystemError(.stale, "\(reference) was a file of another kind")
      }
      return Entry(attributes: attributes, validFor: validity(since: at))
    }
  }

  /// The contents of a file without a name, which somebody still has open.
  func unlinkedContent(of inode: InodeNumber) -> FileContent? {
    inodes.withLock { $0[inode].flatMap { $0.place == nil ? $0.content : nil } }
  }

  /// The place of an inode that has one.
  func place(of inode: InodeNumber) throws(FileSystemError) -> Place {
    guard let node = inodes.withLock({ $0[inode] }) else {
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

extension FileSystem {
  /// Runs an operation on an inode. Linux looks a path up again only on ESTALE: that the inode's name is gone is never
  /// ENOENT, which is the answer for a name.
  func ofInode<Result>(
    _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    do throws(FileSystemError) { return try await body() } catch {
      guard error.code == .notFound else { throw error }
      throw FileSystemError(.stale, error.message, cause: error.cause)
    }
  }
}

extension FileSystem {
  /// Runs a change of a version's headers. That another client replaced it meanwhile is a reason to look the path up
  /// again, not an error.
  func ofVersion(_ body: () async throws(FileSystemError) -> Void) async throws(FileSystemError) {
    do throws(FileSystemError) { try await body() } catch {
      guard error.code == .preconditionFailed else { throw error }
      throw FileSystemError(.stale, error.message, cause: error.cause)
    }
  }
}

extension FileSystemError {
  /// The inode's name is gone: the kernel looks it up again.
  static func nameless(_ inode: InodeNumber) -> Self { Self(.stale, "what inode \(inode) stood for is gone") }

  static func gone(_ what: String) -> Self { Self(.notFound, "\(what) does not exist (any more)") }

  static func nameTooLong(_ name: String) -> Self {
    Self(.nameTooLong, "a name is at most 255 bytes long, this one has \(name.utf8.count)")
  }
}
