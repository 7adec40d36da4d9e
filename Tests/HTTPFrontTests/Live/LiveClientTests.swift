import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// Headers that different clients send, and those that they get.
@Suite(.serialized) struct LiveClientTests {
  // MARK: Cache-Control

  @Test(arguments: [
    (["Cache-Control": "max-age=60"], "max-age=60"),
    (["Cache-Control": "max-age=0", "Sec-Fetch-Mode": "cors"], nil),
    (["Cache-Control": "no-cache", "Origin": "http://localhost"], nil),
    (["Cache-Control": "no-cache", "User-Agent": "Mozilla/5.0 (X11)"], nil),
    (["Cache-Control": "no-cache", "Sec-Fetch-Mode": "cors", "X-Object-Cache-Control": "no-store"], "no-store"),
    (["X-Object-Cache-Control": "public"], "public"),
  ])
  func `a browser's own Cache-Control is not stored`(fields: [String: String], stored: String?) async throws {
    try await LiveGateway.with { gateway in
      let host = ["Host": "localhost"]
      #expect(await gateway.client.send("PUT", "/box/x", fields.merging(host) { $1 }, body: "x")?.status == 201)
      #expect(gateway.store.head("box", "x")?.properties.cacheControl == stored)
    }
  }

  // MARK: Charset

  private static let texts: [(key: ObjectKey, type: String?, bytes: [UInt8], expected: String)] = [
    ("a.txt", "text/plain", Array("日本語".utf8), "text/plain; charset=utf-8"),
    ("a.md", "text/markdown", Array("# é".utf8), "text/markdown; charset=utf-8"),
    ("a.html", "text/html", Array("<p>é".utf8), "text/html; charset=utf-8"),
    ("a.json", "application/json", Array("{\"é\":1}".utf8), "application/json; charset=utf-8"),
    ("a.css", "text/css", [], "text/css"), ("ascii.js", "text/javascript", Array("x()".utf8), "text/javascript"),
    ("ascii.log", "text/plain", Array(repeating: 65, count: 70_000), "text/plain; charset=utf-8"),
    ("latin.txt", "text/plain", [0x63, 0x61, 0x66, 0xE9], "text/plain"),
    ("utf16.txt", "text/plain", [0x41, 0, 0x42, 0], "text/plain"),
    ("iso2022.txt", "text/plain", [0x1B, 0x24, 0x42, 0x46, 0x7C], "text/plain"),
    ("own.txt", "text/plain; charset=shift_jis", Array("x".utf8), "text/plain; charset=shift_jis"),
    ("own.bin", "text/plain", Array("日".utf8), "text/plain"),
    ("a.png", "image/png", Array("日".utf8), "image/png"),
    (
      "long.txt", "text/plain", Array(String(repeating: "日", count: 200_000).utf8) + [0xE9],
      "text/plain; charset=utf-8"
    ),
  ]

  @Test(arguments: texts.indices)
  func `UTF-8 text is served with its charset`(index: Int) async throws {
    let text = Self.texts[index]
    try await LiveGateway.with { gateway in
      gateway.store.put("box", text.key, text.bytes, properties: ObjectProperties(contentType: text.type))
      let target = "/box/\(text.key)"
      for (method, fields) in [("HEAD", [:]), ("GET", [:]), ("GET", ["Range": "bytes=0-2"]), ("HEAD", [:])] {
        let answer = await gateway.client.send(method, target, fields)
        #expect(answer?.header("Content-Type") == text.expected, "\(method) \(fields)")
      }
      #expect(await gateway.client.send("GET", target)?.bytes == text.bytes)
      // The stored type stays as it is.
      #expect(await gateway.client.send("GET", target + "?meta")?.body.contains("utf-8") == false)
    }
  }

  @Test func `HEAD of a text that cannot be read succeeds without a charset`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "a.txt", "é", properties: ObjectProperties(contentType: "text/plain"))
      gateway.faults.fail(.getObject, times: .max, with: .invalidObjectState)
      for _ in 0..<2 {
        let answer = await gateway.client.send("HEAD", "/box/a.txt")
        #expect(answer?.status == 200 && answer?.header("Content-Type") == "text/plain")
      }
      #expect(await gateway.client.send("HEAD", "/box/none.txt")?.status == 404)
    }
  }

  @Test func `an object with a Content-Encoding gets no charset`() async throws {
    try await LiveGateway.with { gateway in
      var properties = ObjectProperties(contentType: "text/plain")
      properties.contentEncoding = "gzip"
      gateway.store.put("box", "a.txt", "x", properties: properties)
      #expect(await gateway.client.send("GET", "/box/a.txt")?.header("Content-Type") == "text/plain")
    }
  }

  // MARK: Digests

  @Test(arguments: [
    ("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="), ("x-amz-checksum-crc32", "y/Q5Jg=="),
    ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
    ("x-amz-content-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
  ])
  func `a body with a wrong digest is not stored`(name: String, value: String) async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "old")
      for target in ["/box/x", "/box/x?keep", "/box/new"] {
        #expect(await gateway.client.send("PUT", target, [name: value], body: "123456780")?.status == 400)
        #expect(await gateway.client.send("PUT", target, [name: "nonsense"], body: "123456789")?.status == 400)
      }
      #expect(gateway.store.text("box", "x") == "old" && gateway.store.keys("box") == ["x"])
      #expect(await gateway.client.send("PUT", "/box/x", [name: value], body: "123456789")?.status == 204)
      let large = String(repeating: "x", count: 20 << 20)
      #expect(await gateway.client.send("PUT", "/box/large", [name: value], body: large)?.status == 400)
      #expect(gateway.store.keys("box") == ["x"])
      if name != "x-amz-content-sha256" {
        #expect(await gateway.client.send("POST", "/box/x?meta", [name: value], body: "{}")?.status == 400)
      }
    }
  }

  // MARK: Names

  @Test func `a key that is too long is 414 for every method`() async throws {
    let long = String(repeating: "k", count: 1025)
    try await LiveGateway.with { gateway in
      for (method, target) in [
        ("GET", "/box/\(long)"), ("HEAD", "/box/\(long)"), ("PUT", "/box/\(long)"), ("DELETE", "/box/\(long)"),
        ("GET", "/box/\(long)/"), ("GET", "/box/\(long)?meta"), ("GET", "/box/\(long)?versions"),
        ("GET", "/box/\(long)?version=v1"), ("GET", "/box/\(long)?presign"), ("GET", "/box/\(long)?wait=1ms"),
        ("POST", "/box/\(long)?move=/box/x"), ("POST", "/box/\(long)?meta"), ("POST", "/box/\(long)/?mkdir=x"),
        ("GET", "/box/\(long)/?watch"), ("GET", "/box/\(long)/?zip"), ("DELETE", "/box/\(long)?version=v1"),
      ] {
        let body = method == "DELETE" ? nil : "{}"
        let status = await gateway.client.send(method, target, body: body)?.status
        #expect(status == 414, "\(method) \(target.prefix(9))…")
      }
    }
  }

  @Test func `rclone's spelling of a name with a colon is redirected to the object`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "d/a:b", "1")
      for method in ["GET", "HEAD"] {
        let answer = await gateway.client.send(method, "/box/d/./a:b")
        #expect(answer?.status == 301 && answer?.header("Location") == "/box/d/a%3Ab")
      }
      // An existing key of that spelling takes precedence.
      gateway.store.put("box", "d/./a:b", "2")
      #expect(await gateway.client.send("GET", "/box/d/./a:b")?.body == "2")
      #expect(await gateway.client.send("GET", "/box/d/./none")?.status == 404)
    }
  }

  @Test func `the path in Location can be the source of a later move`() async throws {
    try await LiveGateway.with(options: .changed { $0.pathPrefix = "/s3" }) { gateway in
      gateway.store.put("box", "x", "1")
      let moved = await gateway.client.send("POST", "/s3/box/x?move=/box/y")
      #expect(moved?.status == 201 && moved?.header("Location") == "/s3/box/y")
      let back = await gateway.client.send("POST", "/s3/box/y?move=/s3/box/x")
      #expect(back?.status == 201 && back?.header("Location") == "/s3/box/x")
      #expect(gateway.store.keys("box") == ["x"])
    }
  }

  // MARK: Other sites

  @Test func `a gateway with --cors sends a Vary header for the origin`() async throws {
    try await LiveGateway.with(options: .changed { $0.allowedOrigins = ["https://app.example"] }) { gateway in
      gateway.store.put("box", "x", "1")
      for fields in [[:], ["Origin": "https://app.example"], ["Origin": "https://other.example"]] {
        for target in ["/", "/box/x", "/box/none", "/-/health", "/box/?json"] {
          let answer = await gateway.client.send("GET", target, fields)
          let vary = answer?.head.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("Vary:") } ?? []
          #expect(vary.contains { $0.contains("Origin") }, "\(target) \(fields)")
        }
      }
    }
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("GET", "/box/none")?.head.contains("Vary: Origin") == false)
    }
  }
}
