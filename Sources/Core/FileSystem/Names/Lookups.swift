import Keys
import S3
import Synchronization

/// Names and attributes by inode: lookup, stat, and the places of inodes.
public final class Lookups: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  let changes: Changes
  let held: HeldFiles
  var common: Common { knowledge.common }

  init(_ changes: Changes, _ held: HeldFiles) {
    (self.changes, self.held) = (changes, held)
    (knowledge, inodes) = (changes.knowledge, changes.inodes)
  }
}

/// A part that examines inodes, over `Lookups` and what that is built from.
protocol LookingPart: FileSystemPart {
  var lookups: Lookups { get }
}

extension LookingPart {
  var common: Common { lookups.common }
  var knowledge: Knowledge { lookups.knowledge }
  var inodes: Inodes { lookups.inodes }
  var changes: Changes { lookups.changes }
}

extension Lookups {
  // MARK: Lookup

  /// Returns the answer to a lookup if memory has a fresh one; nil: call `lookup`. A found entry counts as one lookup.
  public func cachedLookup(_ name: String, in parent: InodeNumber) -> LookupAnswer? {
    guard let place = inodes.table.withLock({ $0[parent]?.place }), !isLeaving(place) else { return nil }
    let (now, horizon) = (time.now(), horizon)
    switch place {
    case .root:
      if let known = knowledge.buckets.withLock({ $0.fresh(within: horizon) }) {
        return answer(bucket: name, among: knowledge.scoped(known.buckets), learnedAt: known.at)
      }
      if !Self.mayNameBucket(name) { return .absent(validFor: validity) }
      return knowledge.isKnown(bucket: name) ? found(bucket: name) : nil
    case .object: return nil
    case .directory(let location):
      guard let parsed = try? location.parse(name) else { return nil }
      if let entry = newFile(parsed, in: location) { return .found(entry) }
      switch parsed {
      case .segment(let segment):
        let segment = ByteName(segment)
        let known = knowledge.directories.withLock { $0.kind(segment, of: location, within: horizon, now: now) }
        guard let (child, at) = known, !knowledge.wantsHeaders(of: child, segment, in: location) else { return nil }
        return answer(child, segment: segment, in: location, learnedAt: at)
      case .shadowedObject, .continuation: return nil
      }
    }
  }

  /// Looks a name up. A found entry counts as one lookup, to be returned by `forget`. Throws notFound when the parent
  /// is gone, notDirectory, nameTooLong, and errors of S3. Cost: see `child`.
  public func lookup(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> LookupAnswer {
    do throws(FileSystemError) {
      return try await whereItIs(parent) { () async throws(FileSystemError) in
        try await self.lookup(name, in: parent, learningHeaders: true)
      } giveBack: { answer in
        if case .found(let entry) = answer { self.forget(entry.inode, lookups: 1) }
      }
    } catch {
      guard error.cause?.isNoAnswerNow == true, let location = try? leadsToUnsaved(name, in: parent) else {
        throw error
      }
      return found(location, learnedAt: Learned(at: time.now()))
    }
  }

  /// Returns whether the objects of a place are leaving their names, because a directory above is renamed.
  func isLeaving(_ place: Place) -> Bool { held.leaving.isClaimed(place.path.map { [$0] } ?? []) }

  /// Runs a query of what an inode names, and again if it was moved meanwhile: a directory is renamed object by object,
  /// and no intermediate state may be seen. `giveBack` undoes the effects of an answer that is discarded.
  func whereItIs<Result>(
    _ inode: InodeNumber, _ look: () async throws(FileSystemError) -> Result, giveBack: (Result) -> Void = { _ in }
  ) async throws(FileSystemError) -> Result {
    while true {
      let place = inodes.table.withLock { $0[inode]?.place }
      if let path = place?.path { await held.leaving.free([path]) }
      func isThere() -> Bool {
        place.map { !isLeaving($0) } ?? true && inodes.table.withLock { $0[inode]?.place } == place
      }
      guard isThere() else { continue }
      do throws(FileSystemError) {
        let result = try await look()
        if isThere() { return result }
        giveBack(result)
      } catch { if isThere() || error.code == .interrupted { throw error } }
    }
  }

  /// Returns the directory of a name, if files that S3 does not have are below it: they can be read while S3 does not
  /// answer.
  private func leadsToUnsaved(
    _ name: String, in parent: InodeNumber
  ) throws(FileSystemError) -> DirectoryLocation? {
    let location: DirectoryLocation
    switch try place(of: parent) {
    case .root: location = self.knowledge.location(ofBucket: name)
    case .directory(let parent):
      guard case .segment(let segment)? = try? parent.parse(name) else { return nil }
      location = parent.directory(ByteName(segment))
    case .object: return nil
    }
    return held.holdsUnsaved(below: location) ? location : nil
  }

  /// Looks a name up. With `learningHeaders` the entry has the object's own attributes; without, only its kind of place
  /// counts.
  func lookup(
    _ name: String, in parent: InodeNumber, learningHeaders: Bool
  ) async throws(FileSystemError) -> LookupAnswer {
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    switch try place(of: parent) {
    case .root:
      if try await knowledge.findsBucket(name) { return found(bucket: name) }
      let list = try await knowledge.knownBuckets()
      return answer(bucket: name, among: list, learnedAt: Learned(at: time.now()))
    case .object: throw FileSystemError(.notDirectory, "inode \(parent) is not a directory")
    case .directory(let location):
      // A name that no key has: nothing can have it.
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
      let known = knowledge.directories.withLock {
        $0.kind(ByteName(segment), of: location, within: horizon, now: time.now())
      }
      let (child, at) = if let known { known } else { try await knowledge.child(ByteName(segment), of: location) }
      if learningHeaders { await knowledge.learnHeaders(of: child, ByteName(segment), in: location) }
      return answer(child, segment: ByteName(segment), in: location, learnedAt: at)
    case .shadowedObject(let segment):
      guard let (reference, facts, at) = try await shadowedObject(segment, in: location) else {
        return .absent(validFor: .zero)
      }
      if learningHeaders, !segment.isEmpty {
        await knowledge.learnHeaders(of: Child(object: facts), ByteName(segment), in: location)
      }
      return found(reference, facts, learnedAt: at)
    case .continuation(let chunk):
      let inside = location.continued(chunk)
      let listing = try await knowledge.listing(of: inside)
      guard
        !knowledge.names(of: listing, in: inside).isEmpty
          || knowledge.directories.withLock({ $0.local.keepsContinuation(inside) })
      else { return .absent(validFor: .zero) }
      return found(inside, learnedAt: knowledge.learned(listing))
    }
  }

  /// Looks up the object beside a directory of the same name; with an empty segment the body of the directory's own
  /// marker. It keeps that name when the directory is deleted, so that `rm -r`, which read both names, can finish.
  private func shadowedObject(
    _ segment: String, in location: DirectoryLocation
  ) async throws(FileSystemError) -> (ObjectReference, ObjectFacts, at: Learned)? {
    if segment.isEmpty {
      let listing = try await knowledge.listing(of: location)
      guard let marker = listing.marker, marker.size > 0 else { return nil }
      return (location.marker, marker, knowledge.learned(listing))
    }
    let reference = location.object(ByteName(segment))
    let (child, at) = try await knowledge.child(ByteName(segment), of: location)
    if let facts = child.object { return (reference, facts, at) }
    // A directory that is kept here is known without a request, but an object beside it is not.
    guard child.isDirectory else { return nil }
    let listing = try await knowledge.listing(of: location)
    return listing.children[ByteName(segment)]?.object.map { (reference, $0, knowledge.learned(listing)) }
  }

  /// Returns whether a name can be that of a bucket, even of one that is older than today's rules. Programs look for
  /// ".git" and the like in every directory above their own.
  private static func mayNameBucket(_ name: String) -> Bool {
    name.utf8.count >= 3 && name.utf8.first != UInt8(ascii: ".")
  }

  private func found(bucket name: String) -> LookupAnswer {
    found(knowledge.location(ofBucket: name), learnedAt: Learned(at: time.now()))
  }

  private func answer(
    bucket name: String, among list: [BucketSummary], learnedAt: Learned
  ) -> LookupAnswer {
    guard list.contains(where: { ByteName($0.name) == ByteName(name) }) else {
      return .absent(validFor: validity(since: learnedAt))
    }
    return found(knowledge.location(ofBucket: name), learnedAt: learnedAt)
  }

  private func answer(
    _ child: Child, segment: ByteName, in location: DirectoryLocation, learnedAt: Learned
  ) -> LookupAnswer {
    if child.isDirectory { return found(location.directory(segment), learnedAt: learnedAt) }
    if let facts = child.object { return found(location.object(segment), facts, learnedAt: learnedAt) }
    return .absent(validFor: validity(since: learnedAt))
  }

  private func found(_ location: DirectoryLocation, learnedAt: Learned) -> LookupAnswer {
    let inode = inodes.table.withLock { $0.look(up: .directory(location)) }
    forgetSurplus()
    return .found(foundEntry(inodes.attributes(of: location, inode: inode), learnedAt: learnedAt))
  }

  private func found(
    _ reference: ObjectReference, _ facts: ObjectFacts, learnedAt: Learned
  ) -> LookupAnswer {
    inodes.separate(reference, from: facts.etag)
    let (known, content) = inodes.table.withLock { table in
      return (table.number(for: .object(reference)), table[.object(reference)]?.content)
    }
    var attributes =
      content.flatMap { unsavedAttributes(of: $0, inode: known) }
      ?? inodes.attributes(of: reference, facts: facts, inode: known)
    attributes.inode = inodes.table.withLock { $0.look(up: .object(reference), as: attributes.kind) }
    forgetSurplus()
    let entry = foundEntry(attributes, learnedAt: learnedAt, isOpen: content != nil)
    return .found(recordReply(entry))
  }

  /// Returns the entry of a name that a lookup found. The kernel checks the permissions along a path by the attributes:
  /// without a ttl they are valid for this call (`Entry.thisCall`), so that it does not request each again. Those of an
  /// open file can be requested by its descriptor, without a lookup.
  private func foundEntry(_ attributes: Attributes, learnedAt: Learned, isOpen: Bool = false) -> Entry {
    let validFor = validity(since: learnedAt)
    let forThisCall = options.ttl == nil && !isOpen && (attributes.kind == .directory || knowledge.hasOneObserver)
    return Entry(
      attributes: attributes, validFor: validFor, attributesValidFor: forThisCall ? Entry.thisCall : validFor)
  }

  /// Returns the entry of a file that exists only here. Counts one lookup.
  private func newFile(_ parsed: ParsedName, in location: DirectoryLocation) -> Entry? {
    guard case .segment(let segment) = parsed else { return nil }
    let place = Place.object(location.object(ByteName(segment)))
    guard let node = inodes.table.withLock({ $0[place] }), let content = node.content else { return nil }
    // Beside a directory it has another name.
    guard !knowledge.directories.withLock({ $0.wasDirectory(ByteName(segment), of: location) }) else { return nil }
    guard let attributes = unsavedAttributes(of: content, inode: node.number) else { return nil }
    _ = inodes.table.withLock { $0.look(up: place) }
    return recordReply(Entry(attributes: attributes, validFor: validity))
  }

  /// Returns the attributes of a file whose newest state is here, because it is not saved; nil when S3 has it all.
  func unsavedAttributes(of content: FileContent, inode: InodeNumber) -> Attributes? {
    content.with { $0.isDirty ? inodes.attributes(of: $0, inode: inode) : nil }
  }

  /// Releases lookups (FUSE forget); the inode's memory is freed when none is left.
  public func forget(_ inode: InodeNumber, lookups: UInt64) {
    inodes.table.withLock { $0.forget(inode, lookups: lookups) }
  }

  /// Requests that the kernel forgets unused files, when it holds more inodes than there is memory for.
  private func forgetSurplus() {
    let surplus = inodes.table.withLock { $0.surplus() }
    guard !surplus.isEmpty, let observer = changes.changeObserver else { return }
    for (file, parent) in surplus {
      let names = KeyMapping.names(forSegment: file.parent.segment.string)
      if names.count == 1 { observer.entryIsSurplus(names[0], in: parent) }
    }
  }
}
