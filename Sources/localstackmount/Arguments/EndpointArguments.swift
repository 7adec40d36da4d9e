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

/// The selected S3, and the part of it.
struct S3Arguments: ParsableArguments {
  @OptionGroup var connection: EndpointArguments

  @Option(
    help: ArgumentHelp(
      "Show only this bucket, or only the part of it below a prefix. Repeatable.", valueName: "name[/prefix]"),
    transform: { try BucketScope.parse($0) })
  var bucket: [BucketScope] = []
}
