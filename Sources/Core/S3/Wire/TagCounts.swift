import Synchronization

/// How many tags an object has, as far as an answer tells it.
///
/// An answer names a number above zero, and is silent about none; so silence says nothing where a server never tells.
/// Seen: MiniStack tells it in GET alone; LocalStack's GET of an object in a bucket with versions tells the number of
/// another version, or none. Not known is nil: who would lose the tags asks for them.
final class TagCounts: Sendable {
  /// The kinds of answers that told a number so far, by their bits.
  private let telling = Atomic<UInt8>(0)

  /// The kinds of answers that servers tell a number in, or do not.
  private enum Kind: UInt8 {
    case head = 1
    case get = 2
    /// Of an object in a bucket that has, or had, versions.
    case getOfVersioned = 4
    /// The same, where the request named a version.
    case getOfVersion = 8
  }

  /// Returns the number of tags; nil if the answer does not tell.
  func count(in answer: ResponseHead, isHead: Bool, namesVersion: Bool = false) -> Int? {
    let kind: Kind =
      isHead ? .head : namesVersion ? .getOfVersion : answer["x-amz-version-id"] == nil ? .get : .getOfVersioned
    if answer["x-localstack"] != nil, kind == .getOfVersioned { return nil }
    if let count = answer["x-amz-tagging-count"].flatMap({ Int($0) }) {
      telling.bitwiseOr(kind.rawValue, ordering: .relaxed)
      return count
    }
    return isKnownToTell(answer) || telling.load(ordering: .relaxed) & kind.rawValue != 0 ? 0 : nil
  }

  private func isKnownToTell(_ answer: ResponseHead) -> Bool {
    if answer["x-localstack"] != nil { return true }
    guard let server = answer["server"] else { return false }
    return ["AmazonS3", "MinIO", "SeaweedFS"].contains { server.hasPrefix($0) }
  }
}
