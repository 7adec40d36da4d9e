import Synchronization

/// How many tags an object has, as far as an answer contains it.
///
/// An answer contains a number above zero, and nothing for zero; so a missing number says nothing where a server never
/// sends one. Observed: MiniStack sends it in GET alone; LocalStack's GET of an object in a bucket with versions has
/// the number of another version, or none. Unknown is nil: a caller that would lose the tags requests them.
final class TagCounts: Sendable {
  /// The kinds of answers that have contained a number so far, by their bits.
  private let telling = Atomic<UInt8>(0)

  /// The kinds of answers in which servers send a number, or do not.
  private enum Kind: UInt8 {
    case head = 1
    case get = 2
    /// A GET of an object in a bucket that has, or had, versions.
    case getOfVersioned = 4
    /// Same, where the request named a version.
    case getOfVersion = 8
  }

  /// Returns the number of tags; nil if the answer does not show it.
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
