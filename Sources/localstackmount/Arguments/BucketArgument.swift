internal import ArgumentParser
internal import Core

/// NAME or NAME/PREFIX.
struct BucketArgument: ExpressibleByArgument, Equatable {
  let scope: BucketScope

  init?(argument: String) {
    let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bucket = parts.first, !bucket.isEmpty else { return nil }
    var prefix = parts.count > 1 ? String(parts[1]) : ""
    if !prefix.isEmpty && !prefix.hasSuffix("/") { prefix += "/" }
    scope = BucketScope(bucket: String(bucket), prefix: prefix)
  }
}
