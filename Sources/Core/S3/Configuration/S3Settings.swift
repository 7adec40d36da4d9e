/// The connection settings that the user specified, before they are resolved: options first, then the environment and
/// `~/.aws`.
public struct S3Settings: Sendable {
  public var endpoint: String?
  public var region: String?
  public var profile: String?
  public var credentials: Credentials?
  /// Called with what the user should know while a `credential_process` runs.
  public var report: (@Sendable (String) -> Void)?

  public init(
    endpoint: String? = nil, region: String? = nil, profile: String? = nil, credentials: Credentials? = nil
  ) {
    self.endpoint = endpoint
    self.region = region
    self.profile = profile
    self.credentials = credentials
  }

  /// Returns a file's text, or nil when there is none.
  public typealias FileReader = (String) throws(TextFile.Unreadable) -> String?

  /// Resolves what was left unspecified. `environment` holds the process's variables.
  public func resolve(
    environment: [String: String], readFile: FileReader = TextFile.readExisting
  ) throws(ConfigurationError) -> S3Configuration {
    try resolve(environment: environment, readFile: readFile) {
      process throws(CredentialProcess.Failure) in try process.run()
    }
  }

  func resolve(
    environment: [String: String], readFile: FileReader,
    run: @escaping (CredentialProcess) throws(CredentialProcess.Failure) -> Credentials
  ) throws(ConfigurationError) -> S3Configuration {
    let profiles = try ProfileFiles(environment: environment, readFile: readFile)
    var configuration = try connection(environment, profiles, readFile)
    let chain = CredentialChain(
      explicit: credentials, profile: profile, environment: environment, profiles: profiles,
      endpoint: configuration.endpoint, report: report, run: run)
    let found = try chain.resolve()
    configuration.credentials = found.credentials
    configuration.credentialProcess = found.process
    return configuration
  }

  /// Resolves all but the credentials: enough for requests that are not signed.
  public func connection(
    environment: [String: String], readFile: FileReader = TextFile.readExisting
  ) throws(ConfigurationError) -> S3Configuration {
    try connection(environment, ProfileFiles(environment: environment, readFile: readFile), readFile)
  }

  private func connection(
    _ environment: [String: String], _ profiles: ProfileFiles, _ readFile: FileReader
  ) throws(ConfigurationError) -> S3Configuration {
    let endpoint = try chain(environment, profiles).resolve().endpoint
    var configuration = S3Configuration(endpoint: endpoint, region: try resolveRegion(environment, profiles))
    configuration.proxy = Proxy.used(for: endpoint, environment: environment)
    if endpoint.scheme == .https { configuration.certificateAuthorities = try certificates(environment, readFile) }
    return configuration
  }

  /// Returns the file of certificates to trust; nil if libcurl finds it without help.
  private func certificates(
    _ environment: [String: String], _ readFile: FileReader
  ) throws(ConfigurationError) -> String? {
    guard let named = environment.value("AWS_CA_BUNDLE") else { return Self.otherCertificates(readFile) }
    func invalid(_ reason: String) -> ConfigurationError {
      .invalidSetting(
        name: "AWS_CA_BUNDLE", reason: "\(named) \(reason): name a PEM file of certificates, or unset the variable")
    }
    let text: String?
    do throws(TextFile.Unreadable) { text = try readFile(named) } catch {
      throw invalid("cannot be read (\(error.reason))")
    }
    guard let text else { throw invalid("does not exist") }
    guard text.contains("-----BEGIN ") else { throw invalid("holds no certificate") }
    return named
  }

  /// The files in which distributions store trusted certificates. The libcurl of the packages is Debian's, and uses the
  /// first.
  private static let certificateFiles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ]

  /// Returns the file of a distribution that stores them elsewhere than Debian; nil if libcurl finds them without help.
  private static func otherCertificates(_ readFile: FileReader) -> String? {
    let found = certificateFiles.first { (try? readFile($0)) != nil }
    return found == certificateFiles[0] ? nil : found
  }

  /// Resolves the endpoint alone, which needs no credentials.
  public func endpoint(
    environment: [String: String], readFile: FileReader = TextFile.readExisting
  ) throws(ConfigurationError) -> EndpointChoice {
    try chain(environment, ProfileFiles(environment: environment, readFile: readFile)).resolve()
  }

  private func chain(_ environment: [String: String], _ profiles: ProfileFiles) -> EndpointChain {
    EndpointChain(explicit: endpoint, profile: profile, environment: environment, profiles: profiles)
  }

  private func resolveRegion(
    _ environment: [String: String], _ profiles: ProfileFiles
  ) throws(ConfigurationError) -> String {
    let name = profile ?? profiles.selectedName
    let sources = [
      ("--region", region), ("AWS_REGION", environment.value("AWS_REGION")),
      ("AWS_DEFAULT_REGION", environment.value("AWS_DEFAULT_REGION")),
      ("region of the profile \"\(name)\"", profiles.value("region", profile: name)),
    ]
    guard let (source, text) = sources.first(where: { $0.1 != nil }), let text else { return "us-east-1" }
    guard Self.isRegion(text) else { throw .badRegion(text: text, source: source) }
    return text
  }

  /// Returns whether a text can be a region's name, as AWS's tools see it: it may be a part of a host's name.
  private static func isRegion(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
    }
    return isPlain && (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
  }
}
