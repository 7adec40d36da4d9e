import Keys
import S3

/// The headers of an object when it gets another name: the only implementation of the rules of SEMANTICS 6.7.
///
/// - A Content-Type that was only guessed from the old name is guessed from the new one.
/// - A file without headers of its own that replaces an object takes over that object's, as a program does that saves
///   in place: editors, `sed -i` and `rsync` write a temporary file and rename it.
enum InheritedHeaders {
  /// Returns the headers under the new name; equal to `own` where nothing changes.
  static func of(
    _ own: ObjectProperties, from name: String, to newName: String, replacing old: ObjectProperties? = nil
  ) -> ObjectProperties {
    var result = own
    let isGuessed = MediaType.isUnknown(own.contentType) || own.contentType == MediaType.ofFile(named: name)
    let guess = MediaType.ofFile(named: newName)
    if isGuessed { result.contentType = guess }
    guard let old, isGuessed, hasNone(own) else { return result }
    if !MediaType.isUnknown(old.contentType) { result.contentType = old.contentType }
    for header in StoredHeader.all where header.value != \.contentType {
      result[keyPath: header.value] = old[keyPath: header.value]
    }
    result.takeSpelling(of: old)
    let others = PosixMetadata.entriesOfOthers(in: old.userMetadata)
    let merged = result.userMetadata.merging(others) { mine, _ in mine }
    if PosixMetadata.size(ofUserMetadata: merged) <= PosixMetadata.maximumUserMetadataSize {
      result.userMetadata = merged
    }
    return result
  }

  /// Returns whether an object has no properties of its own except its type.
  private static func hasNone(_ own: ObjectProperties) -> Bool {
    StoredHeader.all.allSatisfy { $0.value == \.contentType || own[keyPath: $0.value] == nil }
      && PosixMetadata.entriesOfOthers(in: own.userMetadata).isEmpty
  }
}
