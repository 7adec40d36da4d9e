import S3
import Synchronization

// A listing carries no metadata headers: names that are asked for are shown with them all the same.

extension FileSystem {
  /// Names that are asked for are shown with their own mode, owner and times: what this machine has never seen costs
  /// one HEAD. Of a directory where many are asked for within a ttl the rest shows defaults for so long.
  func learnHeaders(of child: Child, _ segment: ByteName, in location: DirectoryLocation) async {
    let reference = child.isDirectory ? location.directory(segment).marker : location.object(segment)
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

  /// Whether a lookup would ask for the name's headers first.
  func wantsHeaders(of child: Child, _ segment: ByteName, in location: DirectoryLocation) -> Bool {
    metadata.withLock { memory in
      let now = time.now()
      return !memory.knows(child, segment, in: location, now: now)
        && memory.mayAsk(in: location, now: now, ttl: options.ttl, counting: false)
    }
  }
}
