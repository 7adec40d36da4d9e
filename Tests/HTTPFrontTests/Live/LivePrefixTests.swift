// SEMANTICS: 5.0
import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// A gateway that shows a part of a bucket (`--bucket NAME/PREFIX`): requests for the bucket are redirected there.
@Suite(.serialized) struct LivePrefixTests {
  private static func with(_ body: (LiveGateway) async throws -> Void) async throws {
    let choose = { (options: inout FileSystemOptions) in
      options.buckets = [BucketScope(bucket: "box", prefix: "in")]
    }
    try await LiveGateway.with(choosing: choose) { gateway in
      for key in ["k", "in/x", "inx", "out/y"] as [ObjectKey] { gateway.store.put("box", key, "theirs") }
      try await body(gateway)
    }
  }

  @Test(arguments: [
    "GET ?json", "GET ?simple", "GET ", "HEAD ", "GET ?plain", "GET ?q=x&simple", "GET ?recursive&simple", "GET ?zip",
    "GET ?tar", "GET ?watch", "GET ?wait=1s", "GET ?wait=1s&count=1", "GET ?wait=1ms&gone", "GET ?deleted", "POST ?zip",
    "POST ?tar", "POST ?mkdir=q", "POST ?untar", "POST ?unzip",
  ])
  func `requests for names in the bucket are redirected to the prefix's directory`(request: String) async throws {
    let words = request.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    try await Self.with { gateway in
      let answer = await gateway.client.send(words[0], "/box/" + words[1], body: words[0] == "POST" ? "[\"x\"]" : nil)
      #expect(answer?.status == 307 && answer?.head.contains("Location: /box/in/\(words[1])\r\n") == true, "\(request)")
    }
  }

  @Test func `a form is redirected there, too, and works there`() async throws {
    let form = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nnew\r\n--b--\r\n"
    let fields = ["Content-Type": "multipart/form-data; boundary=b"]
    try await Self.with { gateway in
      #expect(await gateway.client.send("POST", "/box/", fields, body: form)?.status == 307)
      #expect(await gateway.client.send("POST", "/box/in/", fields, body: form)?.status == 201)
      #expect(gateway.store.keys("box") == ["in/n", "in/x", "inx", "k", "out/y"])
    }
  }

  @Test func `the rest of the bucket is inaccessible, and the root lists the bucket`() async throws {
    try await Self.with { gateway in
      let client = gateway.client
      for target in ["/box/x", "/box/k", "/box/inx", "/box/out/", "/box/out/?zip", "/box/out/?json"] {
        #expect(await client.send("GET", target)?.status == 404, "\(target)")
      }
      for target in ["/box/x", "/box/inx", "/box/out/n"] {
        #expect(await client.send("PUT", target, body: "new")?.status == 404, "\(target)")
      }
      #expect(await client.send("GET", "/?simple")?.body == "box/\n")
      #expect(await client.send("GET", "/box")?.status == 301)
      #expect(await client.send("GET", "/box/?meta")?.status == 200)
      #expect(await client.send("DELETE", "/box/?recursive")?.status == 403)
      #expect(gateway.store.keys("box") == ["in/x", "inx", "k", "out/y"])
    }
  }

  @Test func `without a prefix the bucket is not redirected`() async throws {
    let choose = { (options: inout FileSystemOptions) in options.buckets = [BucketScope(bucket: "box")] }
    try await LiveGateway.with(choosing: choose) { gateway in
      gateway.store.put("box", "x", "body")
      #expect(await gateway.client.send("GET", "/box/?simple")?.body == "x\n")
    }
  }
}
