import Core
import Dispatch
import HTTPFront
import TestSupport
import Testing

/// The gateway over a real socket.
@Suite(.serialized) struct LiveGatewayTests {
  @Test func `an object is uploaded, listed, downloaded and deleted`() async throws {
    try await LiveGateway.with { gateway in
      let client = gateway.client
      let put = try #require(await client.send("PUT", "/box/d/x.txt", body: "hello"))
      #expect(put.status == 201 && put.head.contains("ETag: \"") && put.head.contains("Location: /box/d/x.txt"))
      #expect(await client.send("PUT", "/box/d/x.txt", body: "world")?.status == 204)
      #expect(gateway.store.text("box", "d/x.txt") == "world")
      let get = try #require(await client.send("GET", "/box/d/x.txt"))
      #expect(get.status == 200 && get.body == "world" && get.head.contains("Content-Security-Policy: sandbox"))
      #expect(await client.send("GET", "/box/d/?simple")?.body == "x.txt\n")
      #expect(await client.send("GET", "/box/?simple")?.body == "d/\n")
      #expect(await client.send("DELETE", "/box/d/x.txt")?.status == 204)
      let gone = await client.send("GET", "/box/d/x.txt", ["Accept": "application/json"])
      #expect(gone?.body == "{\"error\":{\"status\":404,\"message\":\"There is nothing at /box/d/x.txt.\"}}\n")
    }
  }

  @Test func `HEAD returns the headers of GET, without the body`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "12345")
      let head = try #require(await gateway.client.send("HEAD", "/box/x"))
      #expect(head.status == 200 && head.body.isEmpty && head.head.contains("Content-Length: 5"))
      let page = try #require(await gateway.client.send("HEAD", "/box/"))
      #expect(page.status == 200 && page.body.isEmpty && page.head.contains("Content-Type: text/html"))
    }
  }

  @Test func `ranges and conditions have their statuses`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "0123456789")
      let client = gateway.client
      let part = try #require(await client.send("GET", "/box/x", ["Range": "bytes=2-4"]))
      #expect(part.status == 206 && part.body == "234" && part.head.contains("Content-Range: bytes 2-4/10"))
      let beyond = try #require(await client.send("GET", "/box/x", ["Range": "bytes=10-"]))
      #expect(beyond.status == 416 && beyond.head.contains("Content-Range: bytes */10"))
      #expect(await client.send("GET", "/box/x", ["Range": "bytes=rubbish"])?.status == 200)
      let etag = try #require(gateway.store.head("box", "x")?.etag.quoted)
      #expect(await client.send("GET", "/box/x", ["If-None-Match": etag])?.status == 304)
      #expect(await client.send("GET", "/box/x", ["If-Match": "\"other\""])?.status == 412)
      #expect(await client.send("PUT", "/box/x", ["If-None-Match": "*"], body: "no")?.status == 412)
      #expect(await client.send("PUT", "/box/x", ["If-Match": "\"other\""], body: "no")?.status == 412)
      #expect(await client.send("PUT", "/box/x", ["If-Match": etag], body: "yes")?.status == 204)
      #expect(gateway.store.text("box", "x") == "yes")
    }
  }

  @Test func `If-Match with a star requires an existing object`() async throws {
    try await LiveGateway.with { gateway in
      let star = ["If-Match": "*"]
      #expect(await gateway.client.send("PUT", "/box/n", star, body: "x")?.status == 412)
      #expect(gateway.store.keys("box") == [])
      #expect(await gateway.client.send("PUT", "/box/n", body: "x")?.status == 201)
      #expect(await gateway.client.send("PUT", "/box/n", star, body: "y")?.status == 204)
      #expect(gateway.store.text("box", "n") == "y")
    }
  }

  @Test func `headers of an upload are stored and returned`() async throws {
    try await LiveGateway.with { gateway in
      let fields = [
        "Content-Type": "text/x-note", "Cache-Control": "max-age=5", "Content-Language": "ja", "X-Amz-Meta-Who": "me",
      ]
      #expect(await gateway.client.send("PUT", "/box/n", fields, body: "x")?.status == 201)
      let head = try #require(await gateway.client.send("HEAD", "/box/n")).head
      for field in [
        "Content-Type: text/x-note", "Cache-Control: max-age=5", "Content-Language: ja", "x-amz-meta-who: me",
      ] {
        #expect(head.contains(field))
      }
    }
  }

  @Test func `chunked uploads are stored whole`() async throws {
    try await LiveGateway.with { gateway in
      let answer = await gateway.client.exchange([
        "PUT /box/c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "3\r\nabc\r\n", "2\r\nde\r\n0\r\n\r\n",
      ])
      #expect(answer?.status == 201 && gateway.store.text("box", "c") == "abcde")
    }
  }

  @Test func `large uploads in small chunks are stored whole`() async throws {
    try await LiveGateway.with { gateway in
      let head = "HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      let chunk = String(repeating: "0123456789", count: 10)
      let body = String(repeating: "64\r\n\(chunk)\r\n", count: 4_000) + "0\r\n\r\n"
      await withTaskGroup { group in
        for number in 0..<4 {
          group.addTask { await gateway.client.exchange(["PUT /box/\(number) \(head)", body])?.status }
        }
        for await status in group { #expect(status == 201) }
      }
      for number in 0..<4 {
        #expect(gateway.store.text("box", ObjectKey("\(number)")) == String(repeating: chunk, count: 4_000))
      }
    }
  }

  @Test(arguments: [RawClient.Ending.goesAway, .halfCloses])
  func `an upload that is cut stores nothing`(ending: RawClient.Ending) async throws {
    try await LiveGateway.with { gateway in
      _ = await gateway.client.exchange(
        ["PUT /box/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"], ending: ending)
      _ = await gateway.client.exchange(
        ["PUT /box/cut HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"], ending: ending)
      // Both requests are counted when they have ended, without an answer.
      try await gateway.untilMetrics(contain: "{method=\"PUT\",status=\"0\"} 2")
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `a refused upload is answered, whether or not the client waits for 100 Continue`() async throws {
    try await LiveGateway.with { gateway in
      let waiting = await gateway.client.exchange([
        "PUT /none/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"
      ])
      #expect(waiting?.status == 404 && waiting?.body.contains("There is no bucket none") == true)
      let body = String(repeating: "x", count: 9_000_000)
      #expect(await gateway.client.send("PUT", "/none/x", body: body)?.status == 404)
      #expect(await gateway.client.send("GET", "/box/", body: body)?.status == 200)
    }
  }

  @Test func `large objects stream both ways`() async throws {
    try await LiveGateway.with { gateway in
      let text = String(repeating: "0123456789abcdef", count: 1 << 20)
      #expect(await gateway.client.send("PUT", "/box/large", body: text)?.status == 201)
      #expect(await gateway.client.send("GET", "/box/large")?.body == text)
    }
  }

  @Test func `a form's files are stored under their base names`() async throws {
    try await LiveGateway.with { gateway in
      let body =
        "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../a.txt\"\r\n\r\none\r\n"
        + "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"日本.txt\"\r\n\r\ntwo\r\n--X--\r\n"
      let fields = ["Content-Type": "multipart/form-data; boundary=X", "Accept": "application/json"]
      let answer = try #require(await gateway.client.send("POST", "/box/d/", fields, body: body))
      #expect(answer.status == 201 && answer.body.contains("\"path\":\"/box/d/日本.txt\""))
      #expect(gateway.store.text("box", "d/a.txt") == "one" && gateway.store.text("box", "d/日本.txt") == "two")
      let browser = ["Content-Type": "multipart/form-data; boundary=X", "Accept": "text/html,*/*;q=0.8"]
      let redirect = try #require(await gateway.client.send("POST", "/box/d/", browser, body: body))
      #expect(redirect.status == 303 && redirect.head.contains("Location: /box/d/\r\n"))
    }
  }

  @Test func `a form's names are compared byte by byte`() async throws {
    try await LiveGateway.with { gateway in
      let part = { (name: String) in
        "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\(name)\"\r\n\r\n\(name.utf8.count)\r\n"
      }
      let fields = ["Content-Type": "multipart/form-data; boundary=X"]
      let both = part("\u{E9}") + part("e\u{301}") + "--X--\r\n"
      #expect(await gateway.client.send("POST", "/box/", fields, body: both)?.status == 201)
      #expect(gateway.store.text("box", "\u{E9}") == "2" && gateway.store.text("box", "e\u{301}") == "3")
      let twice = part("a") + part("a") + "--X--\r\n"
      #expect(await gateway.client.send("POST", "/box/", fields, body: twice)?.status == 409)
    }
  }

  @Test func `a form that is cut keeps no half file`() async throws {
    try await LiveGateway.with { gateway in
      let body = "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nhalf"
      let fields = ["Content-Type": "multipart/form-data; boundary=X"]
      #expect(await gateway.client.send("POST", "/box/", fields, body: body)?.status == 400)
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `buckets and directories are made and deleted`() async throws {
    try await LiveGateway.with { gateway in
      let client = gateway.client
      #expect(await client.send("PUT", "/new-bucket/")?.status == 201)
      #expect(await client.send("PUT", "/new-bucket/d/")?.status == 201)
      #expect(await client.send("PUT", "/new-bucket/d/")?.status == 204)
      #expect(await client.send("PUT", "/new-bucket/d", body: "x")?.status == 409)
      #expect(await client.send("PUT", "/Bad_Name/")?.status == 400)
      #expect(await client.send("GET", "/new-bucket/d")?.status == 301)
      let form = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"]
      #expect(await client.send("POST", "/new-bucket/?mkdir", form, body: "name=two+words")?.status == 303)
      #expect(gateway.store.keys("new-bucket") == ["d/", "two words/"])
      #expect(await client.send("DELETE", "/new-bucket/")?.status == 409)
      #expect(await client.send("DELETE", "/new-bucket/?recursive")?.status == 204)
      #expect(await client.send("GET", "/new-bucket/")?.status == 404)
    }
  }

  @Test(arguments: ["a//b", "/x", "..", "a/../b", "日本 +?#%&\"'\n<x>", "dir/."])
  func `every key is reachable by its bytes`(key: String) async throws {
    try await LiveGateway.with { gateway in
      let target = "/box%2F" + key.utf8.map { "%" + String(256 + Int($0), radix: 16).dropFirst() }.joined()
      #expect(await gateway.client.send("PUT", target, body: key)?.status == 201)
      #expect(gateway.store.keys("box") == [ObjectKey(key)])
      #expect(await gateway.client.send("GET", target)?.body == key)
      #expect(await gateway.client.send("DELETE", target)?.status == 204)
    }
  }

  @Test func `searches are streamed, in every form`() async throws {
    try await LiveGateway.with { gateway in
      for number in 0..<2500 { gateway.store.put("box", ObjectKey("d/Note-\(number)"), "x") }
      let names = try #require(await gateway.client.send("GET", "/?q=note-&simple"))
      #expect(names.body.split(separator: "\n").filter { $0.contains("/box/d/Note-") }.count == 2500)
      let json = try #require(await gateway.client.send("GET", "/box/?q=note-24&json"))
      #expect(json.body.contains("\"name\":\"d/Note-2499\"") && json.body.contains("],\"truncated\":false}\n"))
      #expect(await gateway.client.send("GET", "/none/?q=x")?.status == 404)
    }
  }

  @Test func `a recursive listing contains objects and created directories`() async throws {
    try await LiveGateway.with { gateway in
      for key: ObjectKey in ["d/", "d/a", "d/e/", "d/e/b", "other"] { gateway.store.put("box", key, "x") }
      let names = try #require(await gateway.client.send("GET", "/box/d/?recursive&simple"))
      let lines = names.body.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("/") }
      #expect(lines == ["/box/d/a", "/box/d/e/", "/box/d/e/b"])
      let json = try #require(await gateway.client.send("GET", "/box/d/?recursive&json"))
      #expect(json.body.contains(#""name":"e","type":"directory","path":"/box/d/e/""#))
      #expect(json.body.contains(#""query":"","matches""#))
    }
  }

  @Test func `without unsaved files the list of them is empty`() async throws {
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("GET", "/-/unsaved")?.body.contains(#"{"unsaved":[]}"#) == true)
    }
  }

  @Test func `other sites, other names and other users are refused`() async throws {
    try await LiveGateway.with(credentials: ("u", "p")) { gateway in
      let right = ["Authorization": "Basic dTpw"]
      #expect(await gateway.client.send("GET", "/")?.status == 401)
      #expect(await gateway.client.send("GET", "/", right)?.status == 200)
      #expect(await gateway.client.send("GET", "/", right.merging(["Host": "evil.example"]) { $1 })?.status == 421)
      let foreign = right.merging(["Origin": "http://evil.example"]) { $1 }
      #expect(await gateway.client.send("PUT", "/box/x", foreign, body: "x")?.status == 403)
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `malformed requests leave nothing behind`() async throws {
    try await LiveGateway.with { gateway in
      for request in [
        "GET / HTTP/1.1\r\n\r\n", "rubbish\r\n\r\n", "GET /box/x HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        "GET /\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PUT /box/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3x\r\n\r\nabc",
      ] {
        let answer = await gateway.client.exchange([request], ending: .halfCloses)
        #expect(answer?.status ?? 400 >= 400, "\(request.prefix(40))")
      }
      _ = await gateway.client.exchange(["GET / HT"], ending: .goesAway)
      #expect(gateway.store.keys("box") == [])
      // Only this request itself.
      try await gateway.untilMetrics(contain: "localstackmount_http_requests_in_flight 1\n")
      #expect(await gateway.client.send("GET", "/-/health")?.status == 200)
    }
  }

  @Test func `stopping ends transfers in flight and does not hang`() async throws {
    try await LiveGateway.with { gateway in
      let client = gateway.client
      async let upload = client.exchange(["PUT /box/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"])
      try await gateway.untilMetrics(contain: "localstackmount_http_requests_in_flight 2")
      await gateway.stop()
      #expect(await upload == nil)
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `a port in use is reported as such`() async throws {
    try await LiveGateway.with { gateway in
      let fileSystem = FileSystem(store: gateway.store, options: FileSystemOptions())
      let second = HTTPServer(
        fileSystem: fileSystem, options: HTTPServerOptions(listen: ListenAddress(port: gateway.client.port)))
      #expect { try second.start() } throws: { "\($0)".contains("is in use") }
    }
  }
}

extension LiveGateway {
  /// Requests the metrics until they contain a text.
  func untilMetrics(contain text: String) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while await client.send("GET", "/-/metrics")?.body.contains(text) != true {
      try #require(ContinuousClock.now < deadline, "the metrics never contained: \(text)")
      await Task.yield()
    }
  }
}
