/// Where credentials come from, first hit first. `resolve` reads as the rule does.
struct CredentialChain {
  let explicit: Credentials?
  /// The profile named by an option, which then goes before the environment.
  let profile: String?
  let environment: [String: String]
  let profiles: ProfileFiles
  let endpoint: Endpoint

  func resolve() throws(ConfigurationError) -> Credentials {
    if let explicit { return explicit }
    if let profile { return try named(profile) }
    if let found = fromEnvironment { return found }
    if let profile = environment.value("AWS_PROFILE") { return try named(profile) }
    if let found = profiles.credentials(profile: profiles.selectedName) { return found }
    if endpoint.isLocal { return .test }
    throw .noCredentials(endpoint: endpoint.description)
  }

  private var fromEnvironment: Credentials? {
    guard let id = environment.value("AWS_ACCESS_KEY_ID"), let secret = environment.value("AWS_SECRET_ACCESS_KEY")
    else { return nil }
    return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: environment.value("AWS_SESSION_TOKEN"))
  }

  /// A profile that was asked for by name must have credentials; an emulator's may do without.
  private func named(_ name: String) throws(ConfigurationError) -> Credentials {
    if let found = profiles.credentials(profile: name) { return found }
    if endpoint.isLocal, profiles.exists(profile: name) { return .test }
    throw .noSuchProfile(name: name, files: [profiles.credentialsPath, profiles.configPath])
  }
}
