import Core
import S3
import TestSupport
import Testing

@testable import HTTPFront

/// Checks for every endpoint that changes something, over a real socket; the table of endpoints lists them.
@Suite(.serialized) struct LiveEndpointTests {
  private static let mutating = HTTPEndpoint.all.filter(\.isMutating).flatMap { endpoint in
    endpoint.places.map { (endpoint, $0) }
  }

  private static func fill(_ gateway: LiveGateway) -> [String] {
    gateway.store.switchVersioningOn("box")
    gateway.store.put("box", "x", "old")
    gateway.store.put("box", "d/in", "old")
    return contents(gateway)
  }

  private static func contents(_ gateway: LiveGateway) -> [String] {
    (gateway.store.keys("box") ?? ["no bucket"]).map { key in
      "\(key) \(gateway.store.text("box", key) ?? "") \(gateway.store.head("box", key)?.properties.userMetadata ?? [:])"
    }
  }

  /// Sends a form with a file, or the bytes of an object, as the endpoint takes them.
  private static func send(
    _ gateway: LiveGateway, _ endpoint: HTTPEndpoint, _ place: HTTPEndpoint.Place, query: String? = nil,
    _ fields: [String: String]
  ) async -> Int? {
    let request = HTTPEndpointTests.request(endpoint, place, query: query)
    let fields = request.headers.fields.reduce(into: fields) { $0[$1.name] = $1.value }
    let form = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nnew\r\n--b--\r\n"
    let body =
      place == .object && endpoint.method == "PUT"
      ? "new" : endpoint.method == "POST" && endpoint.takesBody ? form : nil
    return await gateway.client.send(request.method, request.target, fields, body: body)?.status
  }

  @Test(arguments: [
    ["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
    ["Host": "rebound.example"],
  ])
  func `another site changes nothing`(fields: [String: String]) async throws {
    try await LiveGateway.with { gateway in
      let before = Self.fill(gateway)
      for (endpoint, place) in Self.mutating {
        let status = await Self.send(gateway, endpoint, place, fields)
        #expect(status == (fields["Host"] == nil ? 403 : 421), "\(endpoint.title) at \(place)")
        #expect(Self.contents(gateway) == before, "\(endpoint.title) at \(place)")
      }
    }
  }

  @Test func `a read-only gateway changes nothing`() async throws {
    try await LiveGateway.with(options: .changed { $0.readOnly = true }) { gateway in
      let before = Self.fill(gateway)
      for (endpoint, place) in Self.mutating {
        #expect(await Self.send(gateway, endpoint, place, [:]) == 403, "\(endpoint.title) at \(place)")
        #expect(Self.contents(gateway) == before, "\(endpoint.title) at \(place)")
      }
    }
  }

  @Test(arguments: [
    "move=/box/y", "acl", "uploadId=u&partNumber=1", "version=v1&nobody", "meta", "keep&delete", "x-id=CopyObject",
    "X-Amz-Signature=0", "recursive=perhaps", "%ff",
  ])
  func `an unknown query changes nothing`(extra: String) async throws {
    try await LiveGateway.with { gateway in
      let before = Self.fill(gateway)
      for (endpoint, place) in Self.mutating {
        let query = endpoint.example.isEmpty ? extra : "\(endpoint.example)&\(extra)"
        // The same verb again is not an unknown query.
        if let verb = endpoint.verb, extra.hasPrefix(verb) { continue }
        // POST to a directory with ?move= is another endpoint.
        if endpoint.method == "POST", endpoint.verb == nil, extra.hasPrefix("move") { continue }
        let status = await Self.send(gateway, endpoint, place, query: query, [:])
        #expect([400, 409, 415, 501].contains(status ?? 0), "\(endpoint.title) at \(place) ?\(query): \(status ?? 0)")
        #expect(Self.contents(gateway) == before, "\(endpoint.title) at \(place) ?\(query)")
      }
    }
  }

  @Test(arguments: ["x-amz-copy-source", "x-amz-acl", "x-amz-tagging", "x-amz-storage-class", "x-amz-trailer"])
  func `a header of S3's API changes nothing`(name: String) async throws {
    try await LiveGateway.with { gateway in
      let before = Self.fill(gateway)
      for (endpoint, place) in Self.mutating {
        #expect(await Self.send(gateway, endpoint, place, [name: "/box/d/in"]) == 501, "\(endpoint.title) at \(place)")
        #expect(Self.contents(gateway) == before, "\(endpoint.title) at \(place)")
      }
    }
  }

  @Test(arguments: ["/box/x", "/box/d/?recursive", "/box/?recursive", "/box/x?version=v1"])
  func `a DELETE with a body deletes nothing`(target: String) async throws {
    try await LiveGateway.with { gateway in
      let before = Self.fill(gateway)
      #expect(await gateway.client.send("DELETE", target, body: #"["a"]"#)?.status == 400)
      #expect(Self.contents(gateway) == before)
      #expect(await gateway.client.send("DELETE", target, body: "")?.status == 204)
    }
  }

  @Test func `storing into a missing bucket is refused with the remedy`() async throws {
    try await LiveGateway.with { gateway in
      let storing = HTTPEndpoint.all.filter { endpoint in
        endpoint.isMutating && endpoint.method != "DELETE"
          && !["meta", "restore", "delete", "move", "copy"].contains(endpoint.verb)
      }
      for (bucket, words) in [("none", "create it first, with PUT /none/"), ("No_Name", "cannot be: it may hold only")]
      {
        for endpoint in storing {
          for place in endpoint.places where [.directory, .object].contains(place) {
            let target = HTTPEndpointTests.request(endpoint, place).target.replacing("/box/", with: "/\(bucket)/")
            let fields = HTTPEndpointTests.request(endpoint, place).headers.fields
            let answer = await gateway.client.send(
              endpoint.method, target, Dictionary(fields.map { ($0.name, $0.value) }) { $1 },
              body: place == .object || endpoint.method == "POST" ? "x" : nil)
            #expect(answer?.status == 404, "\(endpoint.method) \(target)")
            #expect(answer?.body.contains(words) == true, "\(endpoint.method) \(target): \(answer?.body ?? "")")
          }
        }
      }
      #expect(await gateway.client.send("GET", "/none/?json")?.body.contains("ListObjects") == false)
    }
  }

  @Test func `deleting a version leaves the others`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.switchVersioningOn("box")
      let first = gateway.store.put("box", "x", "first")
      gateway.store.put("box", "x", "second")
      gateway.store.put("box", "x", "third")
      #expect(await gateway.client.send("DELETE", "/box/x?version=v2", ["If-Match": first.quoted])?.status == 412)
      #expect(await gateway.client.send("DELETE", "/box/x?version=v9")?.status == 404)
      #expect(await gateway.client.send("DELETE", "/box/x?version=v2")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/x")?.body == "third")
      #expect(await gateway.client.send("GET", "/box/x?version=v2")?.status == 404)
      #expect(await gateway.client.send("DELETE", "/box/x?versionId=v3")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/x")?.body == "first")
      #expect(await gateway.client.send("DELETE", "/box/x")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/x")?.status == 404)
      // Deleting the delete marker restores the object.
      #expect(await gateway.client.send("DELETE", "/box/x?version=v4")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/x")?.body == "first")
      #expect(await gateway.client.send("DELETE", "/box/x?version=v1")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/x")?.status == 404)
      #expect(await gateway.client.send("GET", "/box/?simple")?.body == "")
    }
  }
}
