import S3
import Synchronization

// Mode, owner and times that only this process knows of objects (--plain).

extension FileSystem {
  /// Those of a version of an object; nil where it has its own.
  func posixHere(of reference: ObjectReference, _ version: Version) -> PosixMetadata? {
    options.plain ? attributesHere.withLock { $0.posix(of: reference, version) } : nil
  }

  /// Gives contents that S3 has the attributes that only this process knows.
  func takeAttributesHere(_ content: FileContent, _ head: ObjectHead) {
    let version = head.version(isStated: true)
    guard let posix = posixHere(of: content.with({ $0.reference }), version) else { return }
    content.with { $0.posix = posix }
  }

  /// What was set of a saved object lasts as long as the mount.
  func keepHere(_ content: FileContent) {
    let (reference, etag, modified, posix) = content.with { ($0.reference, $0.etag, $0.lastModified, $0.posix) }
    guard let etag else { return }
    attributesHere.withLock { $0.change(posix, of: reference, Version(etag: etag, modified: modified)) }
  }

  /// What only this process knows of an object it knows of its copy.
  func keepAttributesHere(
    of source: ObjectReference, asThoseOf destination: ObjectReference, _ copied: ObjectCopy.Copied
  ) {
    guard options.plain else { return }
    let result = copied.result
    let version = Version(
      etag: result.etag, modified: result.lastModified ?? time.wall(), isStated: result.lastModified != nil)
    attributesHere.withLock { $0.copy(source, to: destination, version) }
  }
}
