/// The sources of credentials, first hit first. `resolve` reads as the rule does.
struct CredentialChain {
  /// Credentials, and the process that makes new ones when they expire.
  struct Result {
    let credentials: Credentials
    var process: CredentialProcess?
  }

  let explicit: Credentials?
  /// The profile named by an option, which then takes precedence over the environment.
  let profile: String?
  let environment: [String: String]
  let profiles: ProfileFiles
  let endpoint: Endpoint
  /// Called with what the user should know while a process runs.
  let report: (@Sendable (String) -> Void)?
  /// Runs a profile's `credential_process`.
  let run: (CredentialProcess) throws(CredentialProcess.Failure) -> Credentials

  func resolve() throws(ConfigurationError) -> Result {
    if let explicit { return Result(credentials: explicit) }
    if let profile { return try named(profile) }
    if let found = try fromEnvironment { return Result(credentials: found) }
    if let profile = environment.value("AWS_PROFILE") { return try named(profile) }
    let name = profiles.selectedName
    if let found = profiles.credentials(profile: name) { return Result(credentials: found) }
    // An emulator accepts any credentials: for it, no process is run that may require a second factor.
    if endpoint.isLocal { return Result(credentials: .test) }
    if let found = try fromProcess(name) { return found }
    try refuseOther(name)
    throw .noCredentials(endpoint: endpoint.description)
  }

  private var fromEnvironment: Credentials? {
    get throws(ConfigurationError) {
      guard let id = environment.value("AWS_ACCESS_KEY_ID"), let secret = environment.value("AWS_SECRET_ACCESS_KEY")
      else { return nil }
      var found = Credentials(
        accessKeyID: id, secretAccessKey: secret, sessionToken: environment.value("AWS_SESSION_TOKEN"))
      // AWS's tools write it beside the others, and heed it, too.
      let name = "AWS_CREDENTIAL_EXPIRATION"
      guard let text = environment.value(name) else { return found }
      guard let expires = Timestamp(expiration: text) else {
        throw .invalidSetting(
          name: name, reason: "\"\(text)\" is no time in UTC such as 2030-01-01T00:00:00Z: correct it, or unset it")
      }
      guard expires > .now() else { throw .expired(name: name, time: expires.iso8601) }
      found.expires = expires
      return found
    }
  }

  /// Returns the credentials of a profile that was requested by name. It must have some; only an emulator's profile
  /// need not.
  private func named(_ name: String) throws(ConfigurationError) -> Result {
    if let found = profiles.credentials(profile: name) { return Result(credentials: found) }
    if let found = try fromProcess(name) { return found }
    if endpoint.isLocal, profiles.exists(profile: name) { return Result(credentials: .test) }
    try refuseOther(name)
    throw .noSuchProfile(name: name, files: [profiles.credentialsPath, profiles.configPath])
  }

  private func fromProcess(_ name: String) throws(ConfigurationError) -> Result? {
    guard let command = profiles.value("credential_process", profile: name) else { return nil }
    let process = CredentialProcess(command, report: report)
    do throws(CredentialProcess.Failure) {
      return Result(credentials: try run(process), process: process)
    } catch {
      throw .credentialProcess(profile: name, reason: error.reason)
    }
  }

  /// Rejects ways to credentials that only AWS's own tools support.
  private func refuseOther(_ name: String) throws(ConfigurationError) {
    for setting in ["role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "login_session"]
    where profiles.value(setting, profile: name) != nil {
      throw .unsupportedProfile(name: name, setting: setting)
    }
  }
}
