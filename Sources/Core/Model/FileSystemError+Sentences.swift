import Keys
import S3

// Messages that are used in several places: each sentence once.

extension FileSystemError {
  /// Internal: a listing has more pages than a probe may read.
  static let tooManyPages = FileSystemError(.tooLarge, "the directory has more pages than were asked for")

  static func notFound(_ path: ObjectPath) -> Self { Self(.notFound, "there is nothing at \(path)") }

  /// Returns the error for a name of a file that S3 does not have yet.
  static func notSavedYet(_ path: ObjectPath, _ code: Code) -> Self {
    Self(code, "\(path) exists in the mount, and S3 has refused it so far (see /-/unsaved)")
  }

  static func noAttribute(_ name: String) -> Self {
    Self(.noAttribute, "there is no attribute \(name)")
  }

  static let noSizeToSet = FileSystemError(.isDirectory, "a directory has no size to set")

  static func onlyOfObject(_ name: String) -> Self {
    Self(.invalidName, "\(name) is the name of an object beside a directory, not of a directory")
  }

  init(_ error: KeyMappingError) {
    self.init(error.reason == .tooLong ? .nameTooLong : .invalidName, error.description)
  }

  /// Returns the error for an inode whose name is gone: the kernel looks it up again.
  static func nameless(_ inode: InodeNumber) -> Self { Self(.stale, "what inode \(inode) stood for is gone") }

  static func gone(_ what: String) -> Self { Self(.notFound, "\(what) does not exist (any more)") }

  static func nameTooLong(_ name: String) -> Self {
    Self(.nameTooLong, "a name is at most 255 bytes long, this one has \(name.utf8.count)")
  }

  static func notDeletedYet(_ reference: ObjectReference) -> Self {
    Self(.ioFailure, "\(reference) was unlinked and is still in S3, which does not answer: try again later")
  }

  static let interrupted = FileSystemError(.interrupted, "the operation was interrupted")
  static let incomplete = FileSystemError(.ioFailure, "the server sent fewer bytes than the object has")

  static func replaced(_ path: ObjectPath, by etag: ETag) -> Self {
    Self(.preconditionFailed, "the ETag of \(path) is now \(etag.quoted), not the one that was named")
  }

  static func tooLarge(_ reference: ObjectReference) -> Self {
    Self(.tooLarge, "\(reference): S3 stores at most 5 TiB in one object")
  }
}
