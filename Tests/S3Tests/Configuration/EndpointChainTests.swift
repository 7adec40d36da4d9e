import S3
import Testing

@Suite("Sources of the endpoint")
struct EndpointChainTests {
  private let files = [
    "/home/u/.aws/config": """
    [default]
    endpoint_url = http://default-profile
    [profile dev]
    endpoint_url = http://dev-profile
    services = local
    [profile plain]
    endpoint_url = http://plain-profile
    ignore_configured_endpoint_urls = false
    [profile other-services]
    services = without-s3
    endpoint_url = http://other-profile
    [profile broken]
    services = nowhere
    [profile deaf]
    ignore_configured_endpoint_urls = TRUE
    endpoint_url = http://deaf-profile
    [services local]
    dynamodb =
      endpoint_url = http://dynamodb
    s3 =
      # a comment
      max_concurrent_requests = 20
      endpoint_url = http://s3-of-services
    [services without-s3]
    dynamodb =
      endpoint_url = http://dynamodb
    """
  ]

  private func choice(
    _ environment: [String: String] = [:], option: String? = nil, profile: String? = nil, home: String = "/home/u"
  ) throws -> EndpointChoice {
    try S3Settings(endpoint: option, profile: profile)
      .endpoint(environment: environment.merging(["HOME": home]) { first, _ in first }) { files[$0] }
  }

  @Test("option, LOCALSTACK_ENDPOINT, AWS's variables, the profile, the emulators' variables, LocalStack's own")
  func order() throws {
    var environment = [
      "LOCALSTACK_ENDPOINT": "http://localstack-endpoint", "AWS_ENDPOINT_URL_S3": "http://aws-endpoint-url-s3",
      "AWS_ENDPOINT_URL": "http://aws-endpoint-url", "LSTK_ENDPOINT_URL": "http://lstk-endpoint-url",
      "FLOCI_ENDPOINT": "http://floci-endpoint", "MINISTACK_ENDPOINT": "http://ministack-endpoint",
    ]
    let option = try choice(environment, option: "http://option")
    #expect(option.endpoint.host == "option" && option.source == "--endpoint")
    for name in ["LOCALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
      let found = try choice(environment)
      #expect(found.source == name)
      #expect(found.endpoint.host == name.lowercased().replacing("_", with: "-"))
      environment[name] = ""
    }
    #expect(try choice(environment).endpoint.host == "default-profile")
    for name in ["LSTK_ENDPOINT_URL", "FLOCI_ENDPOINT", "MINISTACK_ENDPOINT"] {
      #expect(try choice(environment, home: "/nowhere").source == name)
      environment[name] = nil
    }
    #expect(try choice(environment, home: "/nowhere").endpoint.description == "http://localhost:4566")
  }

  @Test("a profile: its services section for S3, then its endpoint_url")
  func profiles() throws {
    let services = try choice(profile: "dev")
    #expect(services.endpoint.host == "s3-of-services")
    #expect(services.source == "s3 endpoint_url of [services local] in /home/u/.aws/config")
    #expect(try choice(["AWS_PROFILE": "dev"]).endpoint.host == "s3-of-services")
    #expect(try choice(["AWS_PROFILE": "dev"], profile: "plain").endpoint.host == "plain-profile")
    #expect(try choice(profile: "other-services").endpoint.host == "other-profile")
    #expect(throws: ConfigurationError.self) { try choice(profile: "broken") }
    // As in AWS's tools: variables take precedence over profiles, even over a named one.
    #expect(try choice(["AWS_ENDPOINT_URL": "http://variable"], profile: "dev").endpoint.host == "variable")
  }

  @Test("ignore_configured_endpoint_urls ignores the same sources as in AWS's tools")
  func ignored() throws {
    let aws = ["AWS_ENDPOINT_URL_S3": "http://aws", "AWS_ENDPOINT_URL": "http://aws"]
    let ignoring = aws.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { first, _ in first }
    #expect(try choice(ignoring).source == "the default")
    #expect(try choice(ignoring, option: "http://option").endpoint.host == "option")
    #expect(
      try choice(ignoring.merging(["LSTK_ENDPOINT_URL": "http://lstk"]) { first, _ in first }).endpoint.host == "lstk")
    #expect(
      try choice(ignoring.merging(["LOCALSTACK_ENDPOINT": "http://own"]) { first, _ in first }).endpoint.host == "own")
    #expect(try choice(aws, profile: "deaf").source == "the default")
    // The variable takes precedence over the profile's setting.
    let heard = aws.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"]) { first, _ in first }
    #expect(try choice(heard, profile: "deaf").endpoint.host == "aws")
  }

  @Test("an invalid endpoint is refused with its source")
  func bad() {
    do {
      _ = try choice(["LSTK_ENDPOINT_URL": "nonsense"], home: "/nowhere")
      Issue.record("accepted")
    } catch { #expect("\(error)".hasPrefix("LSTK_ENDPOINT_URL: ")) }
  }
}
