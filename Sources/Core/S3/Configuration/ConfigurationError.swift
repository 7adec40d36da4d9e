/// A setting that cannot be used: what is wrong and what to do about it.
public enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The endpoint is not a URL that S3 can be reached at. `source` names the option or variable it came from.
  case badEndpoint(text: String, reason: String, source: String)
  case noSuchProfile(name: String, files: [String])
  case noCredentials(endpoint: String)
  /// The credentials of the environment have expired, at the time in the variable of this name.
  case expired(name: String, time: String)
  /// The region cannot be one's name. `source` names the option, variable or profile that it came from.
  case badRegion(text: String, source: String)
  case credentialProcess(profile: String, reason: String)
  /// The profile gets credentials in a way that only AWS's own tools support.
  case unsupportedProfile(name: String, setting: String)
  case invalidSetting(name: String, reason: String)

  public var description: String {
    switch self {
    case .badEndpoint(let text, let reason, let source):
      "\(source): \"\(text)\" is not an S3 endpoint: \(reason). Give one such as http://localhost:4566"
    case .noSuchProfile(let name, let files):
      "there is no profile \"\(name)\" with credentials in \(files.joined(separator: " or "))"
    case .noCredentials(let endpoint):
      "no credentials for \(endpoint): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has keys "
        + "or a credential_process"
    case .expired(let name, let time):
      "the credentials in AWS_ACCESS_KEY_ID expired at \(time) (\(name)): set new ones, or unset these variables to use "
        + "a profile"
    case .badRegion(let text, let source):
      "\(source): \"\(text)\" is not a region: give letters, digits and hyphens, such as us-east-1"
    case .credentialProcess(let profile, let reason): "credential_process of the profile \"\(profile)\" \(reason)"
    case .unsupportedProfile(let name, let setting):
      "the profile \"\(name)\" gets its credentials by \(setting), which only AWS's own tools do: run "
        + "eval \"$(aws configure export-credentials --profile \(name) --format env)\" first"
    case .invalidSetting(let name, let reason): "\(name): \(reason)"
    }
  }
}
