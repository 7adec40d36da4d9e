internal import ArgumentParser
internal import Core

/// The endpoint options, the same for all commands.
struct EndpointArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The S3 endpoint. (default: LOCALSTACK_ENDPOINT, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, http://localhost:4566)",
      valueName: "url"))
  var endpoint: String?

  @Option(help: "The region. (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1)")
  var region: String?

  @Option(help: ArgumentHelp("The profile of ~/.aws. (default: AWS_PROFILE, default)", valueName: "name"))
  var profile: String?

  /// The given options. An empty one, as scripts create it from an unset variable, counts as not given.
  var given: (endpoint: String?, region: String?, profile: String?) {
    func given(_ option: String?) -> String? { option.flatMap { $0.isEmpty ? nil : $0 } }
    return (given(endpoint), given(region), given(profile))
  }
}

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
