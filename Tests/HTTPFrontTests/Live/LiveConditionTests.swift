import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// Conditions of requests that change something: every route with every condition, over a store that ignores them, so
/// that nothing but the gateway keeps them.
@Suite(.serialized) struct LiveConditionTests {
  private struct Change {
    var method: String
    var target: String
    var fields: [String: String] = [:]
    var body: String?
    /// Whether a condition makes no sense here and may be refused even if it would hold.
    var isOfDirectory = false
  }

  private static let form = [
    "--b", "Content-Disposition: form-data; name=\"f\"; filename=\"x\"", "", "new", "--b--", "",
  ].joined(separator: "\r\n")

  /// Every route that changes something; `/box/x` exists.
  private static let changes = [
    Change(method: "PUT", target: "/box/x", body: "new"),
    Change(method: "PUT", target: "/box/x?keep", body: "new"),
    Change(method: "PUT", target: "/box/d/", isOfDirectory: true),
    Change(method: "PUT", target: "/box/", isOfDirectory: true),
    Change(method: "DELETE", target: "/box/x"),
    Change(method: "DELETE", target: "/box/d/?recursive", isOfDirectory: true),
    Change(method: "DELETE", target: "/box/?recursive", isOfDirectory: true),
    Change(method: "POST", target: "/box/x?delete"),
    Change(method: "POST", target: "/box/d/?delete&recursive", isOfDirectory: true),
    Change(method: "POST", target: "/box/x?meta", body: #"{"metadata":{"a":"1"}}"#),
    Change(method: "POST", target: "/box/x?restore=v1"),
    Change(method: "POST", target: "/box/x?move=/box/y"),
    Change(method: "POST", target: "/box/x?copy=/box/y"),
    Change(method: "POST", target: "/box/x?copy=/box/z&replace"),
    Change(method: "POST", target: "/box/d/?move=/box/e/", isOfDirectory: true),
    Change(method: "POST", target: "/box/d/?copy=/box/e/", isOfDirectory: true),
    Change(
      method: "POST", target: "/box/", fields: ["Content-Type": "multipart/form-data; boundary=b"], body: form,
      isOfDirectory: true),
    Change(method: "POST", target: "/box/?mkdir=d", isOfDirectory: true),
  ]

  private static let past = "Sat, 01 Jan 2000 00:00:00 GMT"
  private static let future = "Fri, 01 Jan 2100 00:00:00 GMT"

  /// Conditions that are false for objects and directories, or cannot be evaluated.
  private static let refused: [[String: String]] = [
    ["If-Match": "\"wrong\""], ["If-Match": "\"wrong\", \"other\""], ["If-Match": "W/\"ETAG\""],
    ["If-None-Match": "*"], ["If-None-Match": "\"ETAG\""], ["If-None-Match": "W/\"ETAG\", \"x\""],
    ["If-Unmodified-Since": past], ["If-Modified-Since": future],
    ["If-Match": "\"ETAG\"", "If-Unmodified-Since": past], ["If-None-Match": "\"x\"", "If-Modified-Since": future],
    // Cannot be evaluated.
    ["If-Match": ""], ["If-Match": "\"half"], ["If-Match": "*, \"x\""], ["If-None-Match": "one two;"],
    ["If-Match": "ETAG"], ["If-None-Match": "x"], ["If-None-Match": "x y"], ["Overwrite": "F"], ["Overwrite": "T"],
    ["If-Unmodified-Since": "yesterday"], ["If-Modified-Since": "0"], ["If-Range": "\"ETAG\""],
    ["If": "(<urn:uuid:1>)"], ["x-amz-if-match-size": "1"], ["x-amz-copy-source-if-match": "\"wrong\""],
  ]

  private static let held: [[String: String]] = [
    [:], ["If-Match": "\"ETAG\""], ["If-Match": "*"], ["If-Match": "\"x\", \"ETAG\""],
    ["If-None-Match": "\"x\""], ["If-Unmodified-Since": future], ["If-Modified-Since": past],
  ]

  private static func store(_ gateway: LiveGateway) -> ETag {
    let etag = gateway.store.put("box", "x", "old")
    gateway.store.put("box", "d/in", "old")
    gateway.store.put("box", "z", "old")
    return etag
  }

  private static func filled(_ fields: [String: String], _ etag: ETag) -> [String: String] {
    fields.mapValues { $0.replacing("ETAG", with: etag.value) }
  }

  /// Returns everything in the bucket.
  private static func contents(_ gateway: LiveGateway) -> [String] {
    (gateway.store.keys("box") ?? []).map { key in
      let head = gateway.store.head("box", key)
      return "\(key) \(gateway.store.text("box", key) ?? "") \(head?.properties.userMetadata ?? [:])"
    }
  }

  private static var ignoring: InMemoryStore.Behaviour {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.ignoresConditions = true
    return behaviour
  }

  @Test(arguments: changes.indices)
  func `no route performs what a condition forbids`(index: Int) async throws {
    let change = Self.changes[index]
    try await LiveGateway.with(behaviour: Self.ignoring) { gateway in
      let etag = Self.store(gateway)
      let before = Self.contents(gateway)
      for condition in Self.refused {
        let fields = Self.filled(condition, etag).merging(change.fields) { $1 }
        let answer = await gateway.client.send(change.method, change.target, fields, body: change.body)
        #expect([400, 412].contains(answer?.status ?? 0), "\(change.target) \(fields)")
        #expect(Self.contents(gateway) == before, "\(change.target) \(fields)")
      }
    }
  }

  @Test(arguments: changes.indices.filter { !changes[$0].isOfDirectory })
  func `every route of an object performs what a condition allows`(index: Int) async throws {
    let change = Self.changes[index]
    for condition in Self.held {
      try await LiveGateway.with(behaviour: Self.ignoring) { gateway in
        gateway.store.switchVersioningOn("box")
        let fields = Self.filled(condition, Self.store(gateway)).merging(change.fields) { $1 }
        let answer = await gateway.client.send(change.method, change.target, fields, body: change.body)
        #expect((200..<304).contains(answer?.status ?? 0), "\(change.target) \(fields) \(answer?.body ?? "")")
      }
    }
  }

  @Test func `conditions on a missing object are evaluated as without version and time`() async throws {
    try await LiveGateway.with(behaviour: Self.ignoring) { gateway in
      for condition in [["If-Match": "*"], ["If-Match": "\"a\""], ["If-Unmodified-Since": Self.future]] {
        #expect(await gateway.client.send("PUT", "/box/new", condition, body: "x")?.status == 412)
      }
      #expect(gateway.store.keys("box") == [])
      for (number, condition) in [["If-None-Match": "*"], ["If-None-Match": "\"a\""]].enumerated() {
        #expect(await gateway.client.send("PUT", "/box/new\(number)", condition, body: "x")?.status == 201)
      }
      for target in ["/box/none?meta", "/box/none?move=/box/y"] {
        #expect(await gateway.client.send("POST", target, ["If-Match": "*"], body: "{}")?.status == 404)
      }
      #expect(await gateway.client.send("DELETE", "/box/none", ["If-Match": "*"])?.status == 404)
    }
  }

  @Test(arguments: [
    "/", "/box/", "/box/?json", "/box/x", "/box/x?meta", "/box/?meta", "/box/x?versions", "/box/x?presign", "/box/?zip",
    "/box/x?wait=1s", "/box/*?wait=1s", "/box/?q=x", "/-/health", "/-/openapi.json", "/-/assets/v/x.js",
  ])
  func `every route refuses to read with a malformed condition`(target: String) async throws {
    try await LiveGateway.with { gateway in
      _ = Self.store(gateway)
      for method in ["GET", "HEAD"] {
        for (name, value) in [("If-Match", "x"), ("If-None-Match", "x y"), ("If-None-Match", "\"half")] {
          #expect(
            await gateway.client.send(method, target, [name: value])?.status == 400, "\(method) \(name): \(value)")
        }
      }
    }
  }

  @Test(arguments: ["PUT /box/x", "PUT /box/x?keep"])
  func `a false condition is answered before the body is sent`(request: String) async throws {
    try await LiveGateway.with { gateway in
      _ = Self.store(gateway)
      for condition in ["If-Match: \"wrong\"", "If-None-Match: *", "If-Unmodified-Since: \(Self.past)"] {
        let head = "\(request) HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5000000000\r\n"
        let answer = await gateway.client.exchange([head + condition + "\r\n\r\n"])
        #expect(answer?.status == 412)
        #expect(gateway.store.text("box", "x") == "old")
      }
    }
  }

  @Test func `a conditional form stores only new objects, and the refusal names those stored`() async throws {
    try await LiveGateway.with(behaviour: Self.ignoring) { gateway in
      _ = Self.store(gateway)
      let body = Self.form.replacing("filename=\"x\"", with: "filename=\"n\"").replacing("--b--", with: Self.form)
      let fields = ["Content-Type": "multipart/form-data; boundary=b", "If-None-Match": "*"]
      let answer = try #require(await gateway.client.send("POST", "/box/", fields, body: body))
      #expect(answer.status == 412 && answer.body.contains("/box/n"))
      #expect(gateway.store.text("box", "n") == "new" && gateway.store.text("box", "x") == "old")
    }
  }
}
