/// What the user said of the connection, before it is looked up: options first, then the environment and `~/.aws`.
public struct S3Settings: Sendable {
  public var endpoint: String?
  public var region: String?
  public var profile: String?
  public var credentials: Credentials?

  public init(
    endpoint: String? = nil, region: String? = nil, profile: String? = nil, credentials: Credentials? = nil
  ) {
    self.endpoint = endpoint
    self.region = region
    self.profile = profile
    self.credentials = credentials
  }

  /// Looks up what was left open. `environment` holds the process's variables; `readFile` gives a file's text, or nil
  /// when there is none.
  public func resolve(
    environment: [String: String], readFile: (String) -> String? = TextFile.read
  ) throws(ConfigurationError) -> S3Configuration {
    let profiles = ProfileFiles(environment: environment, readFile: readFile)
    let endpoint = try resolveEndpoint(environment)
    let chain = CredentialChain(
      explicit: credentials, profile: profile, environment: environment, profiles: profiles, endpoint: endpoint)
    var configuration = S3Configuration(
      endpoint: endpoint,
      region: resolveRegion(environment, profiles),
      credentials: try chain.resolve())
    configuration.certificateAuthorities = environment.value("AWS_CA_BUNDLE")
    return configuration
  }

  private func resolveEndpoint(_ environment: [String: String]) throws(ConfigurationError) -> Endpoint {
    if let endpoint { return try Endpoint(endpoint, source: "--endpoint") }
    for name in ["LOCALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
      if let text = environment.value(name) { return try Endpoint(text, source: name) }
    }
    return try Endpoint(Endpoint.localStackDefault)
  }

  private func resolveRegion(_ environment: [String: String], _ profiles: ProfileFiles) -> String {
    let name = profile ?? profiles.selectedName
    return region ?? environment.value("AWS_REGION") ?? environment.value("AWS_DEFAULT_REGION")
      ?? profiles.value("region", profile: name) ?? "us-east-1"
  }
}

extension [String: String] {
  /// A variable's value; set but empty counts as not set.
  func value(_ name: String) -> String? {
    guard let value = self[name], !value.isEmpty else { return nil }
    return value
  }
}
