import S3
import Testing

@Suite("Settings: options, environment, profiles")
struct S3SettingsTests {
  private let files = [
    "/home/u/.aws/credentials": """
    # comment
    [default]
    aws_access_key_id = DEFAULT
    aws_secret_access_key=default-secret

    [work]
    aws_access_key_id = WORK
    aws_secret_access_key = work=secret
    aws_session_token = token
    """,
    "/home/u/.aws/config": """
    [default]
    region = eu-north-1
    [profile work]
    region = eu-west-1
    s3 =
      addressing_style = path
    [profile bare]
    region = us-west-2
    """,
  ]

  private func resolve(
    _ settings: S3Settings = S3Settings(), _ environment: [String: String] = [:], home: String = "/home/u"
  ) throws(ConfigurationError) -> S3Configuration {
    var environment = environment
    environment["HOME"] = home
    return try settings.resolve(environment: environment) { files[$0] }
  }

  @Test("the endpoint: option, then each variable in turn, then LocalStack's own")
  func endpoint() throws {
    var environment = [
      "LOCALSTACK_ENDPOINT": "http://one", "AWS_ENDPOINT_URL_S3": "http://two", "AWS_ENDPOINT_URL": "http://three",
    ]
    #expect(try resolve(S3Settings(endpoint: "http://zero"), environment).endpoint.host == "zero")
    #expect(try resolve(.init(), environment).endpoint.host == "one")
    environment["LOCALSTACK_ENDPOINT"] = ""
    #expect(try resolve(.init(), environment).endpoint.host == "two")
    environment["AWS_ENDPOINT_URL_S3"] = nil
    #expect(try resolve(.init(), environment).endpoint.host == "three")
    #expect(try resolve().endpoint.description == "http://localhost:4566")
  }

  @Test("the region: option, variables, profile, us-east-1")
  func region() throws {
    let both = ["AWS_REGION": "r1", "AWS_DEFAULT_REGION": "r2"]
    #expect(try resolve(S3Settings(region: "r0"), both).region == "r0")
    #expect(try resolve(.init(), both).region == "r1")
    #expect(try resolve(.init(), ["AWS_DEFAULT_REGION": "r2"]).region == "r2")
    #expect(try resolve(S3Settings(profile: "work")).region == "eu-west-1")
    #expect(try resolve(.init(), ["AWS_PROFILE": "work"]).region == "eu-west-1")
    #expect(try resolve().region == "eu-north-1")
    #expect(try resolve(home: "/nowhere").region == "us-east-1")
  }

  @Test(
    "a region that none can have is refused, and its source named", arguments: ["a b", "us-east-1 ", "-", "a_b", "é"])
  func badRegion(text: String) {
    let sources: [(String, S3Settings, [String: String])] = [
      ("--region", S3Settings(region: text), [:]), ("AWS_REGION", .init(), ["AWS_REGION": text]),
      ("AWS_DEFAULT_REGION", .init(), ["AWS_DEFAULT_REGION": text]),
    ]
    for (source, settings, environment) in sources {
      #expect(throws: ConfigurationError.badRegion(text: text, source: source)) { try resolve(settings, environment) }
    }
    #expect(throws: ConfigurationError.badRegion(text: "a b", source: "region of the profile \"default\"")) {
      try resolve(config: "[default]\nregion = a b")
    }
  }

  @Test("credentials of the environment that have expired are refused")
  func expired() throws {
    var environment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    let name = "AWS_CREDENTIAL_EXPIRATION"
    environment[name] = "2020-01-01T00:00:00+00:00"
    #expect(throws: ConfigurationError.expired(name: name, time: "2020-01-01T00:00:00Z")) {
      try resolve(.init(), environment)
    }
    #expect(try resolve(S3Settings(profile: "work"), environment).credentials.accessKeyID == "WORK")
    environment[name] = "soon"
    #expect(throws: ConfigurationError.self) { try resolve(.init(), environment) }
    environment[name] = "2999-01-01T00:00:00Z"
    #expect(try resolve(.init(), environment).credentials.expires?.seconds == 32_472_144_000)
  }

  @Test("credentials: explicit, named profile, environment, default profile, test for a local endpoint")
  func credentials() throws {
    let environment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"]
    let explicit = Credentials(accessKeyID: "GIVEN", secretAccessKey: "s")
    #expect(try resolve(S3Settings(profile: "work", credentials: explicit), environment).credentials == explicit)
    #expect(
      try resolve(S3Settings(profile: "work"), environment).credentials
        == Credentials(accessKeyID: "WORK", secretAccessKey: "work=secret", sessionToken: "token"))
    #expect(
      try resolve(.init(), environment).credentials
        == Credentials(accessKeyID: "ENV", secretAccessKey: "s", sessionToken: "t"))
    #expect(try resolve(.init(), ["AWS_PROFILE": "work"]).credentials.accessKeyID == "WORK")
    #expect(try resolve().credentials.accessKeyID == "DEFAULT")
    #expect(try resolve(home: "/nowhere").credentials == .test)
  }

  @Test("one variable of a pair counts as none")
  func halfPair() throws {
    #expect(try resolve(.init(), ["AWS_ACCESS_KEY_ID": "ENV"], home: "/nowhere").credentials == .test)
  }

  @Test("missing credentials for AWS, and an unknown profile, are errors with a remedy")
  func failures() {
    #expect(throws: ConfigurationError.noCredentials(endpoint: "https://s3.amazonaws.com")) {
      try resolve(S3Settings(endpoint: "https://s3.amazonaws.com"), home: "/nowhere")
    }
    #expect(throws: ConfigurationError.self) { try resolve(S3Settings(profile: "typo")) }
    #expect(throws: ConfigurationError.self) {
      try resolve(S3Settings(endpoint: "https://s3.amazonaws.com", profile: "bare"))
    }
  }

  @Test("a profile without credentials suffices for an emulator")
  func bareProfile() throws {
    let configuration = try resolve(S3Settings(profile: "bare"))
    #expect(configuration.credentials == .test)
    #expect(configuration.region == "us-west-2")
  }

  @Test("variables set the paths of the configuration files")
  func otherFiles() throws {
    let environment = ["AWS_SHARED_CREDENTIALS_FILE": "/home/u/.aws/credentials"]
    #expect(try resolve(.init(), environment, home: "/nowhere").credentials.accessKeyID == "DEFAULT")
  }

  @Test("certificates: AWS_CA_BUNDLE, else libcurl's default if that exists, else the distribution's path")
  func certificates() throws {
    func authorities(_ endpoint: String, _ present: [String], _ environment: [String: String] = [:]) throws -> String? {
      try S3Settings(endpoint: endpoint, credentials: .test)
        .resolve(environment: environment) { present.contains($0) ? "-----BEGIN CERTIFICATE-----" : nil }
        .certificateAuthorities
    }
    let (debian, fedora) = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
    #expect(try authorities("https://s3", [debian, fedora]) == nil)
    #expect(try authorities("https://s3", [fedora]) == fedora)
    #expect(try authorities("https://s3", []) == nil)
    #expect(try authorities("http://s3", [fedora]) == nil)
    #expect(try authorities("https://s3", [fedora, "/mine"], ["AWS_CA_BUNDLE": "/mine"]) == "/mine")
  }

  @Test("secrets are not printed")
  func secrecy() {
    #expect(!"\(Credentials(accessKeyID: "A", secretAccessKey: "hush", sessionToken: "hush"))".contains("hush"))
  }

  /// Resolves with a file of the user's as the only one.
  private func resolve(config text: String, profile: String? = nil) throws(ConfigurationError) -> S3Configuration {
    try S3Settings(profile: profile).resolve(environment: ["HOME": "/u"]) { $0 == "/u/.aws/config" ? text : nil }
  }

  @Test("a quoted profile, a byte order mark, a colon for the equals sign")
  func spellings() throws {
    for section in ["profile 'a  b'", "profile \"a  b\""] {
      #expect(try resolve(config: "\u{FEFF}[\(section)]\r\nregion: r1\r\n", profile: "a  b").region == "r1")
    }
    #expect(try resolve(config: "[profile  a   b]\nregion = r1", profile: "a b").region == "r1")
  }

  @Test("a malformed line is named", arguments: ["[default", "region = x", "[default]\nregion", "[default]\n\n\0"])
  func malformed(text: String) {
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
    do throws(ConfigurationError) {
      _ = try resolve(config: text)
      Issue.record("\(text) was accepted")
    } catch { #expect(error.description.hasPrefix("/u/.aws/config, line \(line): ")) }
  }

  @Test("a file that cannot be read is named, with the variable that names another")
  func unreadable() {
    #expect(throws: ConfigurationError.self) {
      try S3Settings().resolve(environment: ["HOME": "/u", "AWS_CONFIG_FILE": "/dev"])
    }
  }

  @Test("certificates: AWS_CA_BUNDLE counts for https only, and must be a PEM file")
  func bundle() throws {
    let environment = ["HOME": "/u", "AWS_CA_BUNDLE": "/ca.pem"]
    func resolve(_ endpoint: String, _ text: String?) throws(ConfigurationError) -> S3Configuration {
      try S3Settings(endpoint: endpoint).resolve(environment: environment) { $0 == "/ca.pem" ? text : nil }
    }
    let pem = "-----BEGIN CERTIFICATE-----"
    #expect(try resolve("https://localhost", pem).certificateAuthorities == "/ca.pem")
    #expect(try resolve("http://localhost", nil).certificateAuthorities == nil)
    for text in [nil, "", "DER"] {
      #expect(throws: ConfigurationError.self) { try resolve("https://localhost", text) }
    }
  }
}
