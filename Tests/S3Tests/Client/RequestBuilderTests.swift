import Testing

@testable import S3

@Suite("From an S3 request to HTTP")
struct RequestBuilderTests {
  private let time = Timestamp(seconds: 1_369_353_600)
  private let request = S3Request("GetObject", .get, ObjectReference(bucket: "bucket", key: "/a b/../c"))

  private func build(_ configuration: S3Configuration, _ request: S3Request) -> HTTPRequest {
    RequestBuilder(configuration).build(request, payload: .empty, time: time, remaining: nil)
  }

  private func header(_ name: String, _ request: HTTPRequest) -> String? {
    request.headers.first { $0.name == name }?.value
  }

  @Test("path style: the bucket leads the path, below the endpoint's own")
  func pathStyle() throws {
    let built = build(S3Configuration(endpoint: try Endpoint("http://host:1/base/")), request)
    #expect(built.url == "http://host:1/base/bucket//a%20b/../c")
    #expect(header("Host", built) == "host:1")
    var listBuckets = S3Request("ListBuckets", .get)
    listBuckets.ask("z", "1 2")
    listBuckets.ask("a")
    #expect(
      build(S3Configuration(endpoint: try Endpoint("http://host")), listBuckets).url == "http://host/?a=&z=1%202")
  }

  @Test("virtual host: the bucket leads the host")
  func virtualHost() throws {
    var configuration = S3Configuration(endpoint: try Endpoint("https://s3.example.com"))
    configuration.addressing = .virtualHost
    let built = build(configuration, request)
    #expect(built.url == "https://bucket.s3.example.com//a%20b/../c")
    #expect(header("Host", built) == "bucket.s3.example.com")
  }

  @Test("a session token is sent and signed")
  func sessionToken() throws {
    let credentials = Credentials(accessKeyID: "A", secretAccessKey: "S", sessionToken: "T")
    let built = build(
      S3Configuration(endpoint: try Endpoint("http://host"), region: "eu-west-1", credentials: credentials), request)
    #expect(header("x-amz-security-token", built) == "T")
    let authorization = try #require(header("Authorization", built))
    #expect(authorization.contains("Credential=A/20130524/eu-west-1/s3/aws4_request"))
    #expect(authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"))
  }

  @Test("limits follow the operation: small ones as a whole, bodies by progress")
  func limits() throws {
    let builder = RequestBuilder(S3Configuration(endpoint: try Endpoint("http://host")))
    var bulk = request
    bulk.pace = .bulk
    #expect(builder.deadline(of: request) == .seconds(30))
    #expect(builder.deadline(of: bulk) == nil)
    let limits = builder.build(bulk, payload: .empty, time: time, remaining: nil).limits
    #expect(limits == TransferLimits(total: nil, stall: .seconds(30), isBulk: true))
  }
}
