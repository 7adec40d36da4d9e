import Keys
import S3

/// The kind of access that a request by key needs to the place that it names.
enum KeyAccess: Hashable, Sendable {
  case read
  /// Change or delete the existing object.
  case change
  /// Create something of that name.
  case make
}

// The only entry of requests by key: every public method of this folder enters here before it does anything.

/// The only entry of requests by key: every public method of this folder enters here before it does anything.
public final class KeyDoor: ChangingPart {
  let saving: Saving

  init(_ saving: Saving) { self.saving = saving }
}

extension KeyDoor {
  /// Checks a request, then waits until the files that were closed at the path or below it are in S3. Throws what
  /// `check` throws. Cost: none; with `--write-back` the pending uploads there.
  func enter(_ path: ObjectPath, _ access: KeyAccess) async throws(FileSystemError) {
    try check(path, access)
    await saving.settlePending(at: path)
  }

  /// Checks a request without waiting. Throws readOnly; notFound outside the chosen buckets and prefixes; invalidName
  /// and nameTooLong for a name that S3 would reject.
  func check(_ path: ObjectPath, _ access: KeyAccess) throws(FileSystemError) {
    if access != .read { try requireWritable() }
    try requireShown(path)
    // No such key exists; some servers fail when such a key is requested.
    guard path.key.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key has \(path.key.length) bytes, S3 allows 1,024")
    }
    if access == .make { try requireName(path) }
  }

  /// Requires that the path is within the chosen buckets and prefixes. The directory of a bucket is that of its prefix.
  private func requireShown(_ path: ObjectPath) throws(FileSystemError) {
    guard !path.isRoot, !path.key.isEmpty || !knowledge.isShown(bucket: path.bucket) else { return }
    guard knowledge.isShown(path.reference) else { throw .notFound(path) }
  }

  /// Returns the rule that a bucket's name breaks, as "it must …"; nil for a valid name.
  public static func brokenRule(ofBucketName name: String) -> String? {
    do throws(BucketNameError) { try BucketName.validate(name) } catch { return error.rule }
    return nil
  }

  private func requireName(_ path: ObjectPath) throws(FileSystemError) {
    do throws(BucketNameError) { try BucketName.validate(path.bucket) } catch {
      throw FileSystemError(.invalidName, error.description)
    }
  }

  /// Returns where the directory of a path begins: for a bucket at the prefix that is chosen of it.
  func directory(at path: ObjectPath) -> DirectoryLocation {
    path.isBucket ? knowledge.location(ofBucket: path.bucket) : path.asDirectory.location
  }

  /// Requires the name of an object. Throws isDirectory.
  func requireObject(_ path: ObjectPath) throws(FileSystemError) {
    guard !path.isDirectory || path.key.length > 0 && !path.isBucket else {
      throw FileSystemError(.isDirectory, "\(path) is a directory, not an object")
    }
  }
}
