import Testing

@testable import HTTPFront

struct SnapshotHandlerTests {
  private static func parsed(
    _ method: String, _ path: String, _ headers: Headers = Headers()
  ) throws -> SnapshotRequest? {
    try Router.action(of: Request(method: method, target: path, headers: headers)) as? SnapshotRequest
  }

  @Test(arguments: [
    ("GET", "", SnapshotRequest.list), ("HEAD", "/", .list), ("GET", "/a", .describe(name: "a")),
    ("GET", "/a?json", .describe(name: "a")), ("POST", "/a", .save(name: "a", buckets: [])),
    ("POST", "/a%2Fb?bucket=x&bucket=y", .save(name: "a/b", buckets: ["x", "y"])),
    ("GET", "/a?diff", .compare(name: "a", with: nil, only: [], .text)),
    ("GET", "/a?diff=now&json", .compare(name: "a", with: nil, only: [], .json)),
    ("GET", "/a?diff=b&only=x/**", .compare(name: "a", with: "b", only: ["x/**"], .text)),
    ("POST", "/a?restore", .restore(name: "a", only: [], keep: [], state: nil, isPreview: false, isForced: false)),
    (
      "POST", "/a?restore&state=1f",
      .restore(name: "a", only: [], keep: [], state: "1f", isPreview: false, isForced: false)
    ),
    (
      "POST", "/a?restore&preview&force&only=x&keep=y&keep=z",
      .restore(name: "a", only: ["x"], keep: ["y", "z"], state: nil, isPreview: true, isForced: true)
    ),
    ("DELETE", "/a", .remove(name: "a")),
  ])
  func `requests are parsed`(method: String, path: String, expected: SnapshotRequest) throws {
    let request = try #require(try Self.parsed(method, "/-/snapshots" + path))
    #expect(request == expected)
    #expect(request.isMutating == ["POST", "DELETE"].contains(method))
  }

  @Test(arguments: [
    ("PUT", "/a", 405), ("POST", "", 405), ("DELETE", "/", 405), ("PATCH", "/a", 405), ("GET", "/a?dif", 400),
    ("POST", "/a?restor", 400), ("POST", "/a?restore&bucket=x", 400), ("POST", "/a?preview", 400),
    ("DELETE", "/a?restore", 400), ("GET", "?diff", 400),
    ("POST", "/a?restore=false", 400), ("POST", "/a?restore&preview=perhaps", 400), ("POST", "/a?x-id=PutObject", 400),
    ("GET", "/a?diff=b&diff=c", 400), ("GET", "x", 404), ("POST", "x", 405),
  ])
  func `an unknown method or query is refused`(method: String, path: String, status: Int) {
    #expect { try Self.parsed(method, "/-/snapshots" + path) } throws: { ($0 as? HTTPError)?.status == status }
  }

  @Test(arguments: [["Content-Length": "2"], ["Transfer-Encoding": "chunked"]] as [Headers])
  func `a request with a body is refused`(headers: Headers) {
    for (method, path) in [("POST", "/a"), ("POST", "/a?restore"), ("DELETE", "/a")] {
      #expect { try Self.parsed(method, "/-/snapshots" + path, headers) } throws: { ($0 as? HTTPError)?.status == 400 }
    }
  }

  @Test(arguments: [
    ("*/*", SnapshotRequest.Format.text), ("application/json", .json), ("application/xml", .junit),
    ("text/xml", .junit),
    ("text/x-diff", .patch), ("text/html, application/json;q=0.5, */*;q=0.1", .json),
  ])
  func `Accept chooses the format of a difference`(accept: String, format: SnapshotRequest.Format) throws {
    let request = try Self.parsed("GET", "/-/snapshots/a?diff", ["Accept": accept])
    #expect(request == .compare(name: "a", with: nil, only: [], format))
  }

  @Test func `a format that does not exist is 406`() {
    #expect { try Self.parsed("GET", "/-/snapshots/a?diff", ["Accept": "image/png"]) } throws: {
      ($0 as? HTTPError)?.status == 406
    }
  }
}

/// Over a real socket: the gateway's access checks protect snapshots, too.
@Suite(.serialized) struct LiveSnapshotTests {
  private struct Service: SnapshotService {
    let answer: SnapshotAnswer
    let reached = RequestLog()

    func answer(_ request: SnapshotRequest) async -> SnapshotAnswer {
      await reached.add(request)
      return answer
    }
  }

  private actor RequestLog {
    private(set) var requests: [SnapshotRequest] = []
    func add(_ request: SnapshotRequest) { requests.append(request) }
  }

  private static let changes = [
    ("POST", "/a"), ("POST", "/a?restore"), ("POST", "/a?restore&preview"), ("DELETE", "/a"),
  ]

  @Test func `without a service snapshots are 404`() async throws {
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("GET", "/-/snapshots")?.status == 404)
    }
  }

  @Test(arguments: [
    ["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"], ["Host": "rebound.example"],
  ])
  func `another site has no access to snapshots`(fields: [String: String]) async throws {
    let service = Service(answer: .nothing)
    try await LiveGateway.with(options: .changed { $0.snapshots = service }) { gateway in
      for (method, path) in Self.changes {
        let status = await gateway.client.send(method, "/-/snapshots" + path, fields)?.status
        #expect(status == (fields["Host"] == nil ? 403 : 421))
      }
    }
    #expect(await service.reached.requests.isEmpty)
  }

  @Test func `a read-only gateway refuses changes, and one with a password every request without it`() async throws {
    let service = Service(answer: .content(type: "application/json", Array("{}".utf8), differences: 0))
    try await LiveGateway.with(
      options: .changed {
        $0.snapshots = service
        $0.readOnly = true
      }
    ) { gateway in
      for (method, path) in Self.changes {
        #expect(await gateway.client.send(method, "/-/snapshots" + path)?.status == 403)
      }
      #expect(await service.reached.requests.isEmpty)
      let answer = await gateway.client.send("GET", "/-/snapshots/a?diff")
      #expect(answer?.status == 200 && answer?.head.contains("X-Differences: 0") == true)
    }
    let options = HTTPServerOptions.changed { $0.snapshots = service }
    try await LiveGateway.with(credentials: ("ada", "secret"), options: options) { gateway in
      for (method, path) in Self.changes + [("GET", "")] {
        #expect(await gateway.client.send(method, "/-/snapshots" + path)?.status == 401)
      }
    }
    #expect(await service.reached.requests.count == 1)
  }

  @Test(arguments: ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"])
  func `a request with a condition is refused`(name: String) async throws {
    let service = Service(answer: .nothing)
    try await LiveGateway.with(options: .changed { $0.snapshots = service }) { gateway in
      for (method, path) in Self.changes {
        let value = name.hasSuffix("Since") ? "Sat, 01 Jan 2000 00:00:00 GMT" : "\"x\""
        let answer = await gateway.client.send(method, "/-/snapshots" + path, [name: value])
        #expect(answer?.status == 400, "\(method) \(path)")
      }
    }
    #expect(await service.reached.requests.isEmpty)
  }

  @Test func `a failure of the service is answered with a sentence`() async throws {
    let service = Service(answer: .failure(status: 409, "s3://b/k cannot be saved"))
    try await LiveGateway.with(options: .changed { $0.snapshots = service }) { gateway in
      let answer = await gateway.client.send("POST", "/-/snapshots/a")
      #expect(answer?.status == 409 && answer?.body == "s3://b/k cannot be saved.\n")
    }
  }
}
