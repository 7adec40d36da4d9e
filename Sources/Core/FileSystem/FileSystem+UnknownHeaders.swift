import S3
import Synchronization

// A listing carries no metadata headers: names that are asked for are shown with them all the same.

extension FileSystem {
  /// Names that are asked for are shown with their own mode, owner and times: what this machine has never seen costs
  /// one HEAD. Of a directory where many are asked for within a ttl the rest shows defaults for so long.
  func learnHeaders(of child: Child, _ segment: ByteName, in location: DirectoryLocation) async {
    let reference = child.isDirectory ? location.directory(segment).marker : location.object(segment)
    guard !isWithoutMarker(child, segment, in: location) else { return }
    let mayAsk = metadata.withLock { memory in
      let now = time.now()
      return child.exists && !memory.knows(child, segment, in: location, now: now)
        && memory.mayAsk(in: location, now: now, ttl: options.ttl, counting: true)
    }
    guard mayAsk else { return }
    do throws(FileSystemError) { _ = try await head(of: reference, freshness: .now) } catch {
      // The listing told that it exists, and its attributes have defaults: no reason to fail.
      if error.code == .notFound { metadata.withLock { $0.rememberAbsent(reference, now: time.now()) } }
    }
  }

  /// Learns the headers of all that a directory shows (`--metadata always`). Cost: one HEAD for each version that is not
  /// known, `parallelism` at once.
  func learnHeaders(of names: [ListedName], in location: DirectoryLocation) async {
    // What earlier runs learnt spares its HEADs.
    await recalled()
    let unknown = names.compactMap { $0.child(in: location) }.filter {
      wantsHeaders(of: $0.child, $0.segment, in: $0.location)
    }
    _ = await concurrently(unknown, limit: Self.parallelism) { (name) async throws(Never) in
      await self.learnHeaders(of: name.child, name.segment, in: name.location)
    }
  }

  /// Whether a lookup would ask for the name's headers first.
  func wantsHeaders(of child: Child, _ segment: ByteName, in location: DirectoryLocation) -> Bool {
    let wants = metadata.withLock { memory in
      let now = time.now()
      return !memory.knows(child, segment, in: location, now: now)
        && memory.mayAsk(in: location, now: now, ttl: options.ttl, counting: false)
    }
    return wants && !isWithoutMarker(child, segment, in: location)
  }

  /// A directory that was listed tells itself that it has no headers.
  private func isWithoutMarker(_ child: Child, _ segment: ByteName, in location: DirectoryLocation) -> Bool {
    child.isDirectory && directories.withLock { $0.hasNoMarker(location.directory(segment), now: time.now()) }
  }
}

extension ListedName {
  /// The name as a listing has it, and of which directory; nil where no headers belong to it.
  func child(in location: DirectoryLocation) -> (child: Child, segment: ByteName, location: DirectoryLocation)? {
    switch kind {
    case .bucket, .continuation: return nil
    case .directory:
      // In a continuation directory the segments begin in the directories above.
      guard let (parent, whole) = location.directory(segment).parent else { return nil }
      return (Child(isDirectory: true), whole, parent)
    case .object:
      let (parent, whole) = location.object(segment).parent
      return (Child(object: facts), whole, parent)
    case .marker:
      let (parent, whole) = location.marker.parent
      return (Child(object: facts), whole, parent)
    }
  }
}
