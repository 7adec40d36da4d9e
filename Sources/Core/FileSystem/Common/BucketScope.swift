private import Keys

/// A bucket, or a part of one, that the file system shows.
public struct BucketScope: Hashable, Sendable {
  public var bucket: String
  /// "" or ending in "/".
  public var prefix: String

  public init(bucket: String, prefix: String = "") {
    self.bucket = bucket
    self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
  }

  /// Parses NAME or NAME/PREFIX, perhaps after "s3://". Throws invalidName, with the rule that the name breaks.
  public static func parse(_ text: String) throws(FileSystemError) -> BucketScope {
    let parts = (text.hasPrefix("s3://") ? text.dropFirst(5) : text[...])
      .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let bucket = parts.first ?? ""
    do throws(BucketNameError) { try BucketName.validateExisting(bucket) } catch {
      // host:port, or a URL.
      let hint = bucket.contains(":") ? "; an endpoint is named by --endpoint http://HOST:PORT" : ""
      throw FileSystemError(.invalidName, error.description + hint)
    }
    return BucketScope(bucket: bucket, prefix: parts.count > 1 ? parts[1] : "")
  }
}
