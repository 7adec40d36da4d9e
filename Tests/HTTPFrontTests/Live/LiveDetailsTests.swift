import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// Headers, metadata, tags and versions over a real socket.
@Suite(.serialized) struct LiveDetailsTests {
  private static let given =
    #"{"headers":{"content-type":"text/csv","cache-control":"no-store"},"metadata":{"who":"山"},"tags":{"stage":"raw"}}"#

  @Test func `headers, metadata and tags are changed and told`() async throws {
    try await LiveGateway.with { gateway in
      let old = gateway.store.put("box", "x", "bytes", properties: ObjectProperties(contentType: "text/plain"))
      let answer = try #require(
        await gateway.client.send("POST", "/box/x?meta", ["If-Match": old.quoted], body: Self.given))
      #expect(answer.status == 204 && answer.head.contains("ETag: \""))
      let head = try #require(gateway.store.head("box", "x"))
      #expect(head.properties.contentType == "text/csv" && head.properties.cacheControl == "no-store")
      #expect(head.properties.userMetadata == ["who": "山"])
      #expect(gateway.store.tags("box", "x") == [Tag(key: "stage", value: "raw")])
      let told = try #require(await gateway.client.send("GET", "/box/x?meta"))
      for text in [
        #""headers":{"content-type":"text/csv","cache-control":"no-store"}"#, #""metadata":{"who":"山"}"#,
        #""tags":{"stage":"raw"}"#, #""size":5"#,
      ] { #expect(told.body.contains(text)) }
      #expect(await gateway.client.send("GET", "/box/x")?.body == "bytes")
    }
  }

  @Test func `what is not named stays`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put(
        "box", "x", "b", properties: ObjectProperties(contentType: "text/plain", userMetadata: ["a": "1"]))
      #expect(await gateway.client.send("POST", "/box/x?meta", body: #"{"tags":{"t":"v"}}"#)?.status == 204)
      #expect(await gateway.client.send("POST", "/box/x?meta", body: #"{"headers":{"expires":"0"}}"#)?.status == 204)
      let head = try #require(gateway.store.head("box", "x"))
      #expect(head.properties.userMetadata == ["a": "1"] && head.properties.contentType == "text/plain")
      #expect(head.properties.expires == "0" && head.tagCount == 1)
    }
  }

  @Test func `another version, rubbish and what S3 stores not are refused`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b")
      let client = gateway.client
      let other = await client.send("POST", "/box/x?meta", ["If-Match": "\"other\""], body: Self.given)
      #expect(other?.status == 412)
      for body in [
        "no", "[]", #"{"headers":{"x-evil":"1"}}"#, #"{"headers":{"content-type":"a\r\nSet-Cookie: b"}}"#,
        #"{"metadata":{"a b":"1"}}"#, #"{"tags":{"":"1"}}"#,
      ] { #expect(await client.send("POST", "/box/x?meta", body: body)?.status == 400, "\(body)") }
      let large = #"{"metadata":{"m":"\#(String(repeating: "x", count: 3000))"}}"#
      #expect(await client.send("POST", "/box/x?meta", body: large)?.status == 413)
      #expect(await client.send("POST", "/box/none?meta", body: "{}")?.status == 404)
      #expect(gateway.store.head("box", "x")?.properties.userMetadata == [:])
    }
  }

  @Test func `versions are listed, read and restored`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.switchVersioningOn("box")
      gateway.store.put("box", "x", "one")
      gateway.store.put("box", "x", "two")
      gateway.store.put("box", "xy", "another key")
      let client = gateway.client
      let list = try #require(await client.send("GET", "/box/x?versions"))
      #expect(list.status == 200 && list.body.ranges(of: "versionId").count == 2)
      #expect(list.body.contains(#"{"versionId":"v2","isLatest":true,"deleteMarker":false"#))
      #expect(await client.send("GET", "/box/x?version=v1")?.body == "one")
      #expect(await client.send("GET", "/box/x?version=v1", ["Range": "bytes=1-"])?.body == "ne")
      #expect(await client.send("GET", "/box/x?version=none")?.status == 404)
      let restored = try #require(await client.send("POST", "/box/x?restore=v1"))
      #expect(restored.status == 200 && gateway.store.text("box", "x") == "one")
      #expect(await client.send("GET", "/box/x")?.body == "one")
      #expect(await client.send("POST", "/box/x?restore=v99")?.status == 404)
    }
  }

  @Test func `a bucket without versioning has no versions to show`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "one")
      #expect(await gateway.client.send("GET", "/box/x?versions")?.body.contains(#""versions":[]"#) == true)
      #expect(await gateway.client.send("GET", "/box/none?versions")?.status == 404)
    }
  }

  @Test func `presigned URLs name the host and the time that were chosen`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "one")
      let client = gateway.client
      let answer = await client.send("GET", "/box/x?presign&expires=60&host=http://s3:4566")
      #expect(answer?.body == #"{"url":"http://s3:4566/box/x?expires=60","expires":60}"# + "\n")
      #expect(await client.send("GET", "/box/x?presign&expires=0")?.status == 400)
      #expect(await client.send("GET", "/box/none?presign")?.status == 404)
    }
  }

  @Test(arguments: [true, false])
  func `a delete may name its version, checked by S3 or just before`(checksItself: Bool) async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.deletesConditionally = checksItself
    try await LiveGateway.with(behaviour: behaviour) { gateway in
      let etag = gateway.store.put("box", "x", "one")
      #expect(await gateway.client.send("DELETE", "/box/x", ["If-Match": "\"other\""])?.status == 412)
      #expect(gateway.store.text("box", "x") == "one")
      #expect(await gateway.client.send("DELETE", "/box/x", ["If-Match": etag.quoted])?.status == 204)
      #expect(gateway.store.keys("box") == [])
      #expect(await gateway.client.send("DELETE", "/box/", ["If-Match": etag.quoted])?.status == 400)
    }
  }

  @Test func `a search tells what matches and whether that is all`() async throws {
    try await LiveGateway.with { gateway in
      for key in ["a/report.csv", "b/Report.txt", "c/other"] as [ObjectKey] { gateway.store.put("box", key, "x") }
      let found = try #require(await gateway.client.send("GET", "/box/?q=report&json"))
      #expect(found.body.contains(#""matches":["#) && found.body.contains(#"],"truncated":false}"#))
      #expect(found.body.contains("a/report.csv") && found.body.contains("b/Report.txt"))
      let lines = await gateway.client.send("GET", "/box/?q=report", ["Accept": "application/x-ndjson"])
      #expect(lines?.body.contains("b/Report.txt") == true)
    }
  }

  @Test func `it is ready, and says where S3 is`() async throws {
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("GET", "/-/ready")?.body == "ready\n")
      let health = await gateway.client.send("GET", "/-/health")
      #expect(health?.body.contains(#""endpointURL":"#) == true && health?.body.contains(#""region":"#) == true)
    }
  }
}
