import S3
import Synchronization

// A listing carries no metadata headers: who is asked for alone is shown with them all the same.

extension FileSystem {
  /// A name that was asked for in a directory that had to be listed for it is answered with its own mode, owner and
  /// times: what this machine has never seen costs one HEAD.
  func learnHeaders(of child: Child, _ segment: ByteName, in location: DirectoryLocation) async {
    guard let reference = withUnknownHeaders(child, segment, in: location) else { return }
    do throws(FileSystemError) { _ = try await head(of: reference, freshness: .now) } catch {
      // The listing told that it exists, and its attributes have defaults: no reason to fail.
      if error.code == .notFound { metadata.withLock { $0.rememberAbsent(reference, now: time.now()) } }
    }
  }

  /// The next names, answered from that listing, are shown with defaults, and read in the background: a few for each
  /// listing, so that a walk over a whole directory does not become a HEAD for each name.
  func learnHeadersInBackground(of child: Child, _ segment: ByteName, in location: DirectoryLocation) {
    guard withUnknownHeaders(child, segment, in: location) != nil,
      directories.withLock({ $0.mayAskForHeaders(in: location) })
    else { return }
    Task { [weak self] in
      await self?.learnHeaders(of: child, segment, in: location)
      self?.announceAttributes(of: child, segment, in: location)
    }
  }

  /// The object, or the directory's marker, whose headers would tell attributes that are not known.
  private func withUnknownHeaders(
    _ child: Child, _ segment: ByteName, in location: DirectoryLocation
  ) -> ObjectReference? {
    guard child.exists else { return nil }
    let reference = child.isDirectory ? location.directory(segment).marker : location.object(segment)
    let isKnown = metadata.withLock { memory in
      if let facts = child.object, !child.isDirectory { return memory.head(of: reference, matching: facts) != nil }
      return memory.latest(of: reference) != nil || memory.isKnownAbsent(reference, now: time.now())
    }
    return isKnown ? nil : reference
  }

  /// The kernel forgets what it was told before the headers were known.
  private func announceAttributes(of child: Child, _ segment: ByteName, in location: DirectoryLocation) {
    guard let observer = changeObserver else { return }
    let place: Place = child.isDirectory ? .directory(location.directory(segment)) : .object(location.object(segment))
    let (parent, inode) = inodes.withLock { ($0[.directory(location)]?.number, $0[place]?.number) }
    guard let parent, let inode else { return }
    observer.inodeChanged(inode, contents: false)
    // What looked like a file may be a symbolic link: then the name itself has to be looked up again.
    guard let attributes = cachedAttributes(of: inode, handle: nil)?.attributes, !child.isDirectory,
      attributes.kind != .file
    else { return }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) { observer.entryChanged(name, in: parent) }
  }
}
