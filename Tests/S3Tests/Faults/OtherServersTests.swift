import S3
import Testing

/// Answers of servers other than Amazon's that every SDK accepts.
struct OtherServersTests {
  private let reference = ObjectReference(bucket: "b", key: "k")
  private static let head = ["ETag: \"e1\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"]

  private func answered(
    _ script: [FaultyServer.Answer], _ body: (S3Client, FaultyServer) async throws -> Void
  ) async throws {
    let server = try FaultyServer(script)
    defer { server.stop() }
    try await body(try server.client(), server)
  }

  // MARK: Documents with another root

  @Test(arguments: ["InitiateMultipartUploadResult", "InitiateMultipartUpload", "Result"])
  func `the answer to CreateMultipartUpload may have any root element`(root: String) async throws {
    let body = "<\(root)><Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></\(root)>"
    let complete = "<Complete><ETag>\"e2\"</ETag></Complete>"
    try await answered([.reply(status: 200, body: body), .reply(status: 200, body: complete)]) { client, _ in
      let upload = try await client.createMultipartUpload(reference, properties: .init(), copies: false)
      #expect(upload.id == "u1")
      let part = UploadedPart(number: 1, etag: ETag("p"), checksum: nil)
      let written = try await client.completeMultipartUpload(upload, parts: [part], condition: .none)
      #expect(written.etag == ETag("e2"))
    }
  }

  @Test(arguments: ["<html><body>log in</body></html>", "<Error><ETag>x</ETag></Error>", "<X/>"])
  func `an answer without the expected elements is refused`(body: String) async throws {
    try await answered(Array(repeating: .reply(status: 200, body: body), count: 4)) { client, _ in
      await #expect(throws: S3Error.self) {
        _ = try await client.createMultipartUpload(reference, properties: .init(), copies: false)
      }
      await #expect(throws: S3Error.self) { _ = try await client.listObjects(ListRequest(bucket: "b")) }
    }
  }

  @Test(arguments: [0, 5])
  func `an empty object of S3 without an ETag, as a JuiceFS directory, is an object`(length: Int) async throws {
    let object = FaultyServer.Answer.reply(
      status: 200, headers: ["x-amz-request-id: 17"], body: String(repeating: "x", count: length))
    try await answered(Array(repeating: object, count: 8)) { client, _ in
      let head = try? await client.headObject(reference, conditions: .none, versionID: nil)
      #expect((head != nil) == (length == 0))
    }
  }

  @Test(arguments: [0, 5])
  func `a 200 without ETag and S3 headers is some proxy's page, and refused`(length: Int) async throws {
    let page = FaultyServer.Answer.reply(
      status: 200, headers: ["Content-Type: application/xml"], body: String(repeating: "x", count: length))
    try await answered(Array(repeating: page, count: 8)) { client, _ in
      await #expect(throws: S3Error.self) { _ = try await client.read(reference, range: 0..<100) }
      let error = await #expect(throws: S3Error.self) {
        _ = try await client.headObject(reference, conditions: .none, versionID: nil)
      }
      #expect(error?.code == .malformedResponse)
    }
  }

  @Test func `a listing may have any root element, if it contains IsTruncated`() async throws {
    let body =
      "<ListObjects><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListObjects>"
    try await answered([.reply(status: 200, body: body)]) { client, _ in
      let page = try await client.listObjects(ListRequest(bucket: "b"))
      #expect(page.commonPrefixes == ["d/"])
    }
  }

  /// XML cannot spell every key. LocalStack compares encoded keys with a token or a key to begin after.
  @Test(arguments: [true, false])
  func `pages after the first are requested encoded as well, but not from LocalStack`(isLocalStack: Bool) async throws {
    let page = FaultyServer.Answer.reply(
      status: 200, headers: isLocalStack ? ["x-localstack: true"] : [],
      body: "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    try await answered(Array(repeating: page, count: 4)) { client, server in
      var next = ListRequest(bucket: "b")
      next.continuationToken = "token"
      _ = try await client.listObjects(next)
      for request in [ListRequest(bucket: "b"), next, ListRequest(bucket: "b", startAfter: "a")] {
        _ = try await client.listObjects(request)
      }
      #expect(
        server.requests.map { $0.line.contains("encoding-type=url") } == [false]
          + Array(repeating: !isLocalStack, count: 3))
    }
  }

  // MARK: Ranges

  @Test(arguments: [(Int64(5), "01234"), (10, "0123456789"), (100, "0123456789"), (1, "0")])
  func `a whole object sent instead of a first range is cut to the range`(end: Int64, expected: String) async throws {
    let answer = FaultyServer.Answer.reply(status: 200, headers: Self.head, body: "0123456789")
    try await answered([answer]) { client, server in
      let bytes = try await client.read(reference, range: 0..<end)
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
      #expect(server.requests.count == 1)
    }
  }

  @Test func `a large object sent instead of its first block is read only to the end of the block`() async throws {
    let body = String(repeating: "0123456789abcdef", count: 1 << 16)
    try await answered([.reply(status: 200, headers: Self.head, body: body)]) { client, server in
      let bytes = try await client.read(reference, range: 0..<100_000)
      #expect(String(decoding: bytes, as: UTF8.self) == String(body.prefix(100_000)) && server.requests.count == 1)
    }
  }

  @Test func `a whole object sent instead of a later range is refused`() async throws {
    let answer = FaultyServer.Answer.reply(status: 200, headers: Self.head, body: "0123456789")
    try await answered([answer]) { client, _ in
      await #expect(throws: S3Error.self) { _ = try await client.read(reference, range: 5..<10) }
    }
  }

  // MARK: Buckets

  private static let none = "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"
  private static let one =
    "<ListAllMyBucketsResult><Buckets><Bucket><Name>bk</Name></Bucket></Buckets></ListAllMyBucketsResult>"

  @Test func `an empty list of SeaweedFS is requested again without a signature`() async throws {
    let server = ["Server: SeaweedFS 30GB 3.97"]
    try await answered([
      .reply(status: 200, headers: server, body: Self.none), .reply(status: 200, headers: server, body: Self.one),
    ]) { client, server in
      let names = try await client.listBuckets().map(\.name)
      #expect(names == ["bk"])
      #expect(server.requests.map { $0.headers["authorization"] == nil } == [false, true])
    }
  }

  @Test func `an empty list of other servers is not requested again`() async throws {
    try await answered([.reply(status: 200, body: Self.none), .reply(status: 200, body: Self.one)]) { client, server in
      let buckets = try await client.listBuckets()
      #expect(buckets.isEmpty && server.requests.count == 1)
    }
  }

  // MARK: Names

  private static let localStack = #"{"services":{"s3":"running"},"version":"4.12.0"}"#

  @Test func `LocalStack and its substitutes are recognised by name`() async throws {
    let none = FaultyServer.Answer.reply(status: 404)
    try await answered([.reply(status: 200, body: Self.localStack), none, none]) { client, _ in
      let identity = try await client.probe()
      #expect(identity == .localStack(version: "4.12.0"))
    }
    let own = FaultyServer.Answer.reply(status: 200, body: #"{"services":{"s3":"available"},"version":"1.5.33"}"#)
    try await answered([own, own]) { client, _ in
      let identity = try await client.probe()
      #expect(identity == .other("MiniStack 1.5.33"))
    }
    try await answered([own, none, .reply(status: 200, body: #"{"version":"0.9"}"#)]) { client, _ in
      let identity = try await client.probe()
      #expect(identity == .other("Floci 0.9"))
    }
  }

  @Test func `moto is recognised by its own page`() async throws {
    let none = FaultyServer.Answer.reply(status: 404, headers: ["Server: Werkzeug/3.1.3 Python/3.11"])
    let page = FaultyServer.Answer.reply(status: 200, body: "<title>Moto</title>")
    try await answered([none, none, page]) { client, server in
      let identity = try await client.probe()
      #expect(identity == .other("moto"))
      #expect(server.requests.last?.line.contains("/moto-api/") == true)
    }
  }

  @Test(arguments: [
    ("MinIO", "MinIO"), ("SeaweedFS 30GB 3.97", "SeaweedFS 3.97"), ("SeaweedFS/3.97", "SeaweedFS 3.97"),
    ("rclone/v1.60.1-DEV", "rclone v1.60.1-DEV"), ("AmazonS3", "Amazon S3"), ("Garage", "Garage"),
  ])
  func `other servers are recognised by their Server header`(header: String, name: String) async throws {
    let answer = FaultyServer.Answer.reply(status: 403, headers: ["Server: \(header)"])
    try await answered([answer, answer]) { client, _ in
      let identity = try await client.probe()
      #expect(identity == .other(name))
    }
  }

  @Test(arguments: ["nginx/1.2", "Werkzeug/3.0", "uvicorn", ""])
  func `the name of a web server is not taken for that of the S3 server`(header: String) async throws {
    let answer = FaultyServer.Answer.reply(status: 200, headers: ["Server: \(header)"], body: #"{"status":"ok"}"#)
    try await answered([answer, answer]) { client, _ in
      let identity = try await client.probe()
      #expect(identity == .answers)
    }
  }
}
