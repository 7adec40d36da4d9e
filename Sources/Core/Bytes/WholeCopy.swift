import Keys
import S3

/// A new file that so far is the beginning of another, byte for byte. When it has all of it, it is a copy of that
/// object, and takes over the object's other properties.
struct WholeCopy: Sendable {
  let source: ObjectReference
  let size: Int64
  /// The source's properties.
  let properties: ObjectProperties
  let tags: [Tag]
  /// How many bytes of the source the file has.
  var upTo: Int64 = 0
  /// How many writes the file had when it had exactly these bytes.
  var writes: UInt64

  /// Returns the properties of a copy that has these headers of its own. The type is derived from the copy's name where
  /// the source's was derived from its name; user metadata that does not fit beside the file's own is left out.
  /// - Parameter posix: nil if no metadata of ours is written.
  func properties(over own: ObjectProperties, posix: PosixMetadata?) -> ObjectProperties {
    var result = properties
    result.tags = tags
    result.contentType = contentType(orelse: own.contentType)
    guard let posix else { return result }
    result.userMetadata = posix.merged(into: PosixMetadata.entriesOfOthers(in: properties.userMetadata))
    if PosixMetadata.size(ofUserMetadata: result.userMetadata) > PosixMetadata.maximumUserMetadataSize {
      result.userMetadata = posix.merged(into: own.userMetadata)
    }
    return result
  }

  private func contentType(orelse own: String?) -> String? {
    guard let type = properties.contentType, !MediaType.isUnknown(type) else { return own }
    let isOfItsName = type == MediaType.ofFile(named: source.parent.segment.string)
    return isOfItsName && !MediaType.isUnknown(own) ? own : type
  }
}
