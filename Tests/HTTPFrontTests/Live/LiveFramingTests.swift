import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// Messages that two parsers could understand differently, sent byte by byte: each is refused once, and nothing after
/// it counts as another request.
@Suite(.serialized) struct LiveFramingTests {
  private static let next = "GET /-/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"

  private static func request(_ lines: String..., body: String = "") -> String {
    lines.joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  private static let put = "PUT /box/x HTTP/1.1"
  private static let host = "Host: localhost"
  private static let chunks = "1\r\nx\r\n0\r\n\r\n"

  private static let ambiguous: [(String, Int)] = [
    (request(put, host, "Transfer-Encoding: identity", body: "x"), 501),
    (request(put, host, "Transfer-Encoding: gzip", body: chunks), 501),
    (request(put, host, "Transfer-Encoding: gzip, chunked", body: chunks), 501),
    (request(put, host, "Transfer-Encoding: xchunked", body: chunks), 501),
    (request(put, host, "Transfer-Encoding: chunked ", body: chunks), 501),
    (request(put, host, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: chunks), 501),
    (request("GET /box/x HTTP/1.1", host, "Transfer-Encoding: identity"), 501),
    (request("DELETE /box/x HTTP/1.1", host, "Transfer-Encoding: gzip"), 501),
    (request("OPTIONS /box/x HTTP/1.1", host, "Transfer-Encoding: gzip"), 501),
    (request(put, host, "Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n"), 400),
    (request(put, host, "Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
    (request(put, host, "Content-Length: 0", "Content-Length: 42"), 400),
    (request(put, host, "Content-Length: 1", "Content-Length: 1", body: "x"), 400),
    (request("GET /box/x HTTP/1.1", host, "Content-Length: 0", "Content-Length: 42"), 400),
    (request(put, host, "Transfer-Encoding : chunked", body: chunks), 400),
    (request(put, host, "Content-Length : 1", body: "x"), 400),
    (request(put, host, "a b: c", "Content-Length: 0"), 400),
    (request(put, " x-amz-meta-a: b", host, "Content-Length: 0"), 400),
    (request(put, host, "x-amz-meta-a: b\r\n folded", "Content-Length: 0"), 400),
    (request(put, host, "x-amz-meta-a: b\rTransfer-Encoding: chunked", "Content-Length: 0"), 400),
    (request(put, host, "x-amz-meta-a: b\u{0}c", "Content-Length: 0"), 400),
    (request(put, host, "Content-Length: 0", "x-amz-meta-a: b\u{0}c"), 400),
    (request(put, host, "x-amz-meta-a: b\u{7}c", "Content-Length: 0"), 400),
    (request("GET /box/x\u{0}y HTTP/1.1", host), 400), (request("GET /box/x y HTTP/1.1", host), 400),
    (request("GET /box/x\ty HTTP/1.1", host), 400), (request("GET /box/x\ry HTTP/1.1", host), 400),
    (request("GET /box/x HTTP/1.1", host, ": x"), 400), (request(put, host, ":x", "Content-Length: 0"), 400),
    (request(put, host, "Content-Length: 0", ": a: b"), 400), (request(put, host, "Content-Length: 0", ":"), 400),
    (request(put, host, "Content-Length: 0", ": "), 400), (put + "\n" + host + "\nContent-Length: 0\n:x\n\n", 400),
    (request(put, host, "Content-Length: 18446744073709551615"), 413),
    (request("GET /box/x HTTP/1.1", host, host), 400), (request("GET /box/x HTTP/1.1"), 400),
    // Lines that do not end in CR LF, once at each place of the head.
    (put + "\n" + host + "\r\nContent-Length: 0\r\n\r\n", 400),
    (put + "\r\n" + host + "\nContent-Length: 0\r\n\r\n", 400),
    (put + "\r\n" + host + "\r\nContent-Length: 0\n\r\n", 400),
    (put + "\r\n" + host + "\r\nContent-Length: 0\r\n\n", 400),
    (put + "\n" + host + "\nContent-Length: 0\n\n", 400), (put + "\r" + host + "\r\nContent-Length: 0\r\n\r\n", 400),
    (put + "\r\n" + host + "\rContent-Length: 0\r\n\r\n", 400), ("GET /box/x HTTP/1.1\n" + host + "\n\n", 400),
    (put + "\r\n" + host + "\r\nX-A: b \nContent-Length: 0\r\n\r\n", 400),
    (request("PUT /box/x HTTP/1.0", host, "Transfer-Encoding: chunked", body: chunks), 400),
  ]

  @Test(arguments: ambiguous.indices)
  func `an ambiguous request is refused once, and the connection closes`(index: Int) async throws {
    let (request, status) = Self.ambiguous[index]
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "old")
      let began = ContinuousClock.now
      let answer = try #require(await gateway.client.exchange([request + Self.next]))
      #expect(answer.status == status, "\(request) \(answer)")
      #expect(answer.head.contains("Connection: close") && answer.body.ranges(of: "\nHTTP/1.1").isEmpty, "\(answer)")
      #expect(ContinuousClock.now - began < .seconds(15))
      #expect(gateway.store.text("box", "x") == "old" && gateway.store.keys("box") == ["x"])
    }
  }

  @Test func `a name or a value that is not UTF-8 is refused, never repaired`() async throws {
    try await LiveGateway.with { gateway in
      let requests: [[UInt8]] = [
        Array("PUT /box/caf".utf8) + [0xE9] + Array(" HTTP/1.1\r\n".utf8),
        Array("PUT /box/x HTTP/1.1\r\nx-amz-meta-a: caf".utf8) + [0xE9] + Array("\r\n".utf8),
        Array("PUT /box/x HTTP/1.1\r\nContent-Disposition: inline; filename=caf".utf8) + [0xE9] + Array("\r\n".utf8),
        Array("PUT /box/caf%E9 HTTP/1.1\r\n".utf8), Array("POST /box/?mkdir=%E9 HTTP/1.1\r\n".utf8),
        Array("POST /box/x?move=/box/%E9 HTTP/1.1\r\n".utf8),
      ]
      gateway.store.put("box", "x", "old")
      for request in requests {
        let rest = Array("Host: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
        let answer = await gateway.client.exchange(bytes: [request + rest])
        #expect(answer?.status == 400, "\(String(decoding: request, as: UTF8.self))")
      }
      #expect(gateway.store.keys("box") == ["x"] && gateway.store.text("box", "x") == "old")
    }
  }

  @Test func `a query of a thousand names is answered`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "body")
      let names = (0..<1200).map { "n\($0)=\($0)" }.joined(separator: "&")
      #expect(await gateway.client.send("GET", "/box/x?\(names)")?.body == "body")
      #expect(await gateway.client.send("GET", "/box/x?a=?b?&c??")?.body == "body")
      #expect(await gateway.client.send("PUT", "/box/x?\(names)", body: "new")?.status == 400)
      #expect(await gateway.client.send("PUT", "/box/y%3Fz?keep", body: "new")?.status == 201)
      #expect(gateway.store.keys("box") == ["x", "y?z"])
    }
  }

  /// libmicrohttpd does not clear a connection's buffer: after the head there are bytes of an earlier connection.
  @Test func `bytes of an earlier connection in the buffer are not parsed as part of a head`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "abc")
      let plain = "GET /box/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
      let start = "GET /box/x HTTP/1.1\r\nHost: localhost\r\n"
      // A line whose second line break, overwritten with NUL, is at the first byte after the plain head.
      let filler = "X: " + String(repeating: "x", count: plain.utf8.count - start.utf8.count - 4)
      for _ in 0..<20 {
        let longer = await gateway.client.exchange([start + filler + "\r\nConnection: close\r\n\r\n"])
        #expect(longer?.body == "abc")
        let answer = await gateway.client.exchange([plain])
        #expect(answer?.body == "abc", "\(answer?.head ?? "no answer")")
      }
    }
  }

  @Test func `the host of an absolute target is checked like Host`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "body")
      for (target, status) in [
        ("http://localhost:1/box/x", 200), ("http://evil.example/box/x", 421), ("HTTP://[::1]/box/x", 200),
      ] {
        #expect(await gateway.client.send("GET", target)?.status == status, "\(target)")
      }
      #expect(await gateway.client.send("PUT", "http://evil.example/box/x", body: "new")?.status == 421)
      #expect(gateway.store.text("box", "x") == "body")
    }
  }

  @Test func `a target in raw UTF-8 and a user agent in Latin-1 are accepted`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "café", "coffee")
      let head = Array("GET /box/café HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: caf".utf8)
      let answer = await gateway.client.exchange(bytes: [head + [0xE9] + Array("\r\n\r\n".utf8)])
      #expect(answer?.body == "coffee")
    }
  }

  @Test(arguments: [
    "mkdir=%E9", "mkdir&name=%E9", "move=/box/%ff",
  ])
  func `forms and names that are not UTF-8 change nothing`(query: String) async throws {
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("POST", "/box/?\(query)", body: "name=%E9")?.status == 400)
      #expect(await gateway.client.send("POST", "/box/?mkdir", bytes: Array("name=".utf8) + [0xE9])?.status == 400)
      #expect(
        await gateway.client.send("POST", "/box/?zip", bytes: Array("[\"".utf8) + [0xE9, 0x22, 0x5D])?.status == 400)
      #expect(await gateway.client.send("POST", "/box/?zip", body: "name=a&name=%E9")?.status == 400)
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `files of a form are stored under their own names or refused`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "dir/in")
      func part(_ name: [UInt8]) -> [UInt8] {
        Array("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"".utf8) + name
          + Array("\"\r\n\r\nbytes\r\n".utf8)
      }
      let fields = ["Content-Type": "multipart/form-data; boundary=b"]
      let end = Array("--b--\r\n".utf8)
      // The names 日 and 国 in a Japanese Windows encoding, after a valid name.
      let body = part(Array("good".utf8)) + part([0x93, 0xFA]) + part([0x8D, 0x91]) + end
      let answer = try #require(await gateway.client.send("POST", "/box/", fields, bytes: body))
      #expect(answer.status == 400 && answer.body.contains("Part 2") && answer.body.contains("/box/good"))
      #expect(gateway.store.keys("box") == ["dir/in", "good"])
      let twice = part(Array("a/x".utf8)) + part(Array("b\\x".utf8)) + end
      #expect(await gateway.client.send("POST", "/box/", fields, bytes: twice)?.status == 409)
      #expect(await gateway.client.send("POST", "/box/", fields, bytes: part(Array("..".utf8)) + end)?.status == 400)
      #expect(await gateway.client.send("POST", "/box/", fields, bytes: part(Array("dir".utf8)) + end)?.status == 409)
      #expect(gateway.store.keys("box") == ["dir/in", "good", "x"])
    }
  }
}
