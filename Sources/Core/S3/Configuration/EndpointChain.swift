/// An endpoint, and the option, variable or file that names it.
public struct EndpointChoice: Hashable, Sendable {
  public let endpoint: Endpoint
  public let source: String
}

/// The sources of the endpoint, first hit first. `resolve` reads as the rule does; docs/EMULATORS.md states it.
struct EndpointChain {
  let explicit: String?
  /// The profile named by an option.
  let profile: String?
  let environment: [String: String]
  let profiles: ProfileFiles

  func resolve() throws(ConfigurationError) -> EndpointChoice {
    if let explicit { return try choice(explicit, "--endpoint") }
    if let found = try variable("LOCALSTACK_ENDPOINT") { return found }
    // AWS's own variables, in AWS's order.
    if !ignoresConfigured {
      for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
        if let found = try variable(name) { return found }
      }
      if let (text, source) = try profiles.endpointURL(profile: profileName) { return try choice(text, source) }
    }
    // Variables of the emulators' own tools.
    for name in ["LSTK_ENDPOINT_URL", "FLOCI_ENDPOINT", "MINISTACK_ENDPOINT"] {
      if let found = try variable(name) { return found }
    }
    return try choice(Endpoint.localStackDefault, "the default")
  }

  private var profileName: String { profile ?? profiles.selectedName }

  private var ignoresConfigured: Bool {
    let text =
      environment.value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
      ?? profiles.value("ignore_configured_endpoint_urls", profile: profileName)
    return text?.lowercased() == "true"
  }

  private func variable(_ name: String) throws(ConfigurationError) -> EndpointChoice? {
    guard let text = environment.value(name) else { return nil }
    return try choice(text, name)
  }

  private func choice(_ text: String, _ source: String) throws(ConfigurationError) -> EndpointChoice {
    EndpointChoice(endpoint: try Endpoint(text, source: source), source: source)
  }
}
