import Testing

@testable import S3

@Suite("Translation of S3 requests to HTTP")
struct RequestBuilderTests {
  private let time = Timestamp(seconds: 1_369_353_600)
  private let request = S3Request("GetObject", .get, ObjectReference(bucket: "bucket", key: "/a b/../c"))

  private func build(_ configuration: S3Configuration, _ request: S3Request) -> HTTPRequest {
    RequestBuilder(configuration).build(request, payload: .empty, time: time, remaining: nil)
  }

  private func header(_ name: String, _ request: HTTPRequest) -> String? {
    request.headers.first { $0.name == name }?.value
  }

  @Test("path style: the bucket begins the path, after that of the endpoint")
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

  @Test("virtual host: the bucket begins the host name")
  func virtualHost() throws {
    var configuration = S3Configuration(endpoint: try Endpoint("https://s3.example.com"))
    configuration.addressing = .virtualHost
    let built = build(configuration, request)
    #expect(built.url == "https://bucket.s3.example.com//a%20b/../c")
    #expect(header("Host", built) == "bucket.s3.example.com")
  }

  @Test("a key of only slashes is not sent as a request to the bucket, in either style", arguments: ["/", "//", "///"])
  func slashes(key: String) throws {
    let request = S3Request("DeleteObject", .delete, ObjectReference(bucket: "bucket", key: ObjectKey(key)))
    var configuration = S3Configuration(endpoint: try Endpoint("http://host"))
    let encoded = String(repeating: "%2F", count: key.count)
    #expect(build(configuration, request).url == "http://host/bucket/\(encoded)")
    configuration.addressing = .virtualHost
    #expect(build(configuration, request).url == "http://bucket.host/\(encoded)")
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

  @Test("small operations have a total deadline, transfers of bodies one for progress")
  func limits() throws {
    let builder = RequestBuilder(S3Configuration(endpoint: try Endpoint("http://host")))
    var bulk = request
    bulk.pace = .bulk
    #expect(builder.deadline(of: request) == .seconds(15))
    #expect(builder.deadline(of: bulk) == nil)
    let limits = builder.build(bulk, payload: .empty, time: time, remaining: nil).limits
    #expect(limits == TransferLimits(total: nil, stall: .seconds(30), isBulk: true))
  }

  @Test(
    "odd keys are signed as botocore signs them",
    arguments: [
      ("a//b/../c/.", "914b41017f3489086684f669b61906c5104d57a150b04ec0e68834534bdd04a6"),
      ("a b+c%20?d#e&f=g;@:", "cf3c80231c10b7e39bba4404cad484109f3fe57b2af9ffb3888840f21c907f9b"),
      ("e\u{301}\u{1}\n~-_.'()*!", "79e874fca8be5f9e243609e681649edc63b22254baa3539b056b189239e41fb9"),
      ("日本/🪣", "9f96e6cfe539c1122104ddef335841b6bb67ef787da21a95902c3efe64719157"),
    ])
  func oddKeys(key: String, signature: String) throws {
    try expectSignature(
      signature, S3Request("GetObject", .get, ObjectReference(bucket: "bucket", key: ObjectKey(key))))
  }

  @Test("odd parameters are signed as botocore signs them")
  func oddParameters() throws {
    var request = S3Request("ListObjectsV2", .get, bucket: "bucket")
    request.ask("list-type", "2")
    request.ask("prefix", "a b+/%=&日")
    request.ask("delimiter", "/")
    try expectSignature("70c70a215a09d242187ae3b865bd8205b31f84d83d9a36b383253ed5f921c923", request)
  }

  private func expectSignature(_ signature: String, _ request: S3Request) throws {
    let credentials = Credentials(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    let endpoint = try Endpoint("http://localhost:4566")
    let built = build(S3Configuration(endpoint: endpoint, credentials: credentials), request)
    #expect(
      header("Authorization", built)
        == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        + "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=\(signature)")
  }
}
