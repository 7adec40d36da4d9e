// SEMANTICS: 2.4
import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// The exact number of S3 requests of gateway requests.
@Suite(.serialized) struct LiveBudgetTests {
  private static func remembering(_ options: inout FileSystemOptions) { options.ttl = .seconds(600) }

  @Test func `an object in memory is served without S3, for all kinds of requests`() async throws {
    try await LiveGateway.with(choosing: Self.remembering) { gateway in
      gateway.store.put("box", "x", "0123456789")
      let client = gateway.client
      let first = try #require(await client.send("GET", "/box/x"))
      #expect(first.status == 200 && first.body == "0123456789")
      gateway.recorder.reset()
      let again = try #require(await client.send("GET", "/box/x"))
      #expect(again.status == 200 && again.body == first.body)
      for field in ["ETag: ", "Last-Modified: ", "Content-Type: ", "Content-Length: 10", "sandbox"] {
        #expect(again.head.contains(field) && first.head.contains(field))
      }
      let part = try #require(await client.send("GET", "/box/x", ["Range": "bytes=2-4"]))
      #expect(part.status == 206 && part.body == "234" && part.head.contains("Content-Range: bytes 2-4/10"))
      let head = try #require(await client.send("HEAD", "/box/x"))
      #expect(head.status == 200 && head.body.isEmpty && head.head.contains("Content-Length: 10"))
      let etag = try #require(gateway.store.head("box", "x")?.etag.quoted)
      #expect(await client.send("GET", "/box/x", ["If-None-Match": etag])?.status == 304)
      #expect(await client.send("GET", "/box/x", ["If-Match": "\"other\""])?.status == 412)
      #expect(await client.send("GET", "/box/x", ["Range": "bytes=10-"])?.status == 416)
      #expect(gateway.recorder.total == 0)
      #expect(await client.send("GET", "/box/x", ["Cache-Control": "no-cache"])?.body == "0123456789")
      #expect(gateway.recorder.counts == [.headObject: 1])
    }
  }

  @Test func `responses from memory respect --cors and --path-prefix`() async throws {
    let options = HTTPServerOptions.changed {
      $0.pathPrefix = "/s3"
      $0.allowedOrigins = ["https://app.example"]
    }
    try await LiveGateway.with(choosing: Self.remembering, options: options) { gateway in
      gateway.store.put("box", "x", "text")
      for _ in 0..<2 {
        let answer = try #require(await gateway.client.send("GET", "/s3/box/x", ["Origin": "https://app.example"]))
        #expect(answer.body == "text" && answer.head.contains("Access-Control-Allow-Origin: https://app.example"))
      }
      #expect(await gateway.client.send("GET", "/box/x")?.status == 404)
    }
  }

  @Test func `a listing is one LIST, and none when repeated within the ttl`() async throws {
    try await LiveGateway.with(choosing: Self.remembering) { gateway in
      for n in 0..<20 { gateway.store.put("box", ObjectKey("d/\(n)"), "x") }
      let page = try #require(await gateway.client.send("GET", "/box/d/"))
      #expect(page.status == 200 && page.body.contains("href=\"/box/d/19\""))
      #expect(gateway.recorder.counts == [.listObjects: 1])
      #expect(await gateway.client.send("GET", "/box/d/?json")?.status == 200)
      #expect(gateway.recorder.counts == [.listObjects: 1])
    }
  }

  @Test func `small uploads are a PUT each, and one LIST finds existing objects`() async throws {
    try await LiveGateway.with(choosing: Self.remembering) { gateway in
      for n in 0..<20 {
        #expect(await gateway.client.send("PUT", "/box/d/\(n)", body: "body \(n)")?.status == 201)
      }
      #expect(gateway.recorder.counts == [.putObject: 20, .listObjects: 1])
      #expect(gateway.store.text("box", "d/19") == "body 19")
      #expect(await gateway.client.send("PUT", "/box/d", body: "x")?.status == 409)
    }
  }

  /// The page uploads in this way: nothing may be replaced.
  @Test func `a guarded upload is a HEAD and a PUT, without a LIST for a directory of its name`() async throws {
    try await LiveGateway.with(choosing: Self.remembering) { gateway in
      let isNew = ["If-None-Match": "*"]
      for n in 0..<20 {
        #expect(await gateway.client.send("PUT", "/box/d/\(n)", isNew, body: "body \(n)")?.status == 201)
      }
      #expect(gateway.recorder.counts == [.headObject: 20, .putObject: 20, .listObjects: 1])
      #expect(await gateway.client.send("PUT", "/box/d/7", isNew, body: "x")?.status == 412)
      #expect(await gateway.client.send("PUT", "/none/7", isNew, body: "x")?.status == 404)
      #expect(gateway.store.text("box", "d/7") == "body 7")
    }
  }
}
