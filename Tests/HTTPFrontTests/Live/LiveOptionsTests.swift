import Core
import Glibc
import HTTPFront
import TestSupport
import Testing

/// The gateway's options over a real socket.
@Suite(.serialized) struct LiveOptionsTests {
  @Test func `below a path prefix every URL begins with it`() async throws {
    try await LiveGateway.with(options: .changed { $0.pathPrefix = "/s3" }) { gateway in
      gateway.store.put("box", "d/x", "1")
      let client = gateway.client
      #expect(await client.send("GET", "/s3/box/d/x")?.body == "1")
      #expect(await client.send("GET", "/box/d/x")?.status == 404)
      #expect(await client.send("GET", "/s3box/d/x")?.status == 404)
      #expect(await client.send("GET", "/s3")?.status == 200)
      #expect(await client.send("GET", "/s3/box")?.head.contains("Location: /s3/box/") == true)
      #expect(await client.send("GET", "/s3/box/d/?json")?.body.contains(#""url":"/s3/box/d/x""#) == true)
      #expect(await client.send("GET", "/s3/?q=x&json")?.body.contains(#""url":"/s3/box/d/x""#) == true)
      let page = try #require(await client.send("GET", "/s3/box/"))
      #expect(page.body.contains("/s3/-/assets/") && page.body.contains("\"/s3/box/d/\""))
    }
  }

  @Test func `a permitted site gets CORS headers`() async throws {
    try await LiveGateway.with(
      credentials: ("u", "p"), options: .changed { $0.allowedOrigins = ["http://app.example"] }
    ) { gateway in
      let client = gateway.client
      let asked = [
        "Origin": "http://app.example", "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "if-match",
      ]
      let preflight = try #require(await client.send("OPTIONS", "/box/x", asked))
      #expect(preflight.status == 204 && preflight.head.contains("Access-Control-Allow-Origin: http://app.example"))
      #expect(preflight.head.contains("Access-Control-Allow-Headers: if-match"))
      let own = ["Origin": "http://app.example", "Authorization": "Basic dTpw", "Sec-Fetch-Site": "cross-site"]
      #expect(await client.send("PUT", "/box/x", own, body: "1")?.status == 201)
      var other = asked
      other["Origin"] = "http://evil.example"
      let refused = try #require(await client.send("OPTIONS", "/box/x", other))
      #expect(refused.status == 401 && !refused.head.contains("Access-Control"))
    }
  }

  @Test func `only users of the password file have access`() async throws {
    // "secret", hashed with 1,000 rounds.
    let users =
      "ann:$6$rounds=1000$salt$yPpuqqVl1i2W2u3YUKAWmoUfhT2FTPWvNLn6tMIbwzFpg5GuAvVWWmOe7nyOwCQXlWvVxpDQWlrB1jtKAkRkU."
    var options = HTTPServerOptions()
    try options.setPasswords(fromFile: users)
    try await LiveGateway.with(options: options) { gateway in
      let client = gateway.client
      #expect(await client.send("GET", "/box/?simple")?.status == 401)
      #expect(await client.send("GET", "/box/?simple", ["Authorization": "Basic YW5uOndyb25n"])?.status == 401)
    }
  }

  @Test func `large listings are compressed for clients that accept it`() async throws {
    try await LiveGateway.with { gateway in
      for number in 0..<200 { gateway.store.put("box", ObjectKey("some-longer-name-\(number)"), "") }
      let plain = try #require(await gateway.client.send("GET", "/box/?json"))
      let small = try #require(await gateway.client.send("GET", "/box/?json", ["Accept-Encoding": "br, gzip;q=0.8"]))
      #expect(plain.bytes.count > 20_000 && !plain.head.contains("Content-Encoding"))
      #expect(small.head.contains("Content-Encoding: gzip") && small.bytes.count < plain.bytes.count / 3)
      #expect(small.bytes.starts(with: [0x1F, 0x8B]))
      let never = try #require(await gateway.client.send("GET", "/box/?json", ["Accept-Encoding": "gzip;q=0"]))
      #expect(!never.head.contains("Content-Encoding"))
    }
  }

  @Test func `several ranges are one response of a known length`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "0123456789", properties: ObjectProperties(contentType: "text/plain"))
      let answer = try #require(await gateway.client.send("GET", "/box/x", ["Range": "bytes=0-1,8-9"]))
      #expect(answer.status == 206 && answer.head.contains("multipart/byteranges; boundary="))
      #expect(answer.head.contains("Content-Length: \(answer.bytes.count)"))
      #expect(answer.body.contains("Content-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--"))
      #expect(answer.body.contains("Content-Range: bytes 8-9/10\r\n\r\n89\r\n--"))
    }
  }

  @Test func `a Unix socket serves only this user, and is removed at the end`() async throws {
    let path = "/tmp/localstackmount-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    try await LiveGateway.with(options: .changed { $0.listen = try! ListenAddress.parse("unix:\(path)") }) { gateway in
      #expect(gateway.server.address == "unix:\(path)")
      var status = stat()
      #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let client = RawClient(port: 0, path: path)
      gateway.store.put("box", "x", "over a socket")
      #expect(await client.send("GET", "/box/x", ["Host": "localhost"])?.body == "over a socket")
      // A second server finds the first one alive.
      var options = HTTPServerOptions(listen: try ListenAddress.parse("unix:\(path)"))
      options.stopGrace = .zero
      let store = InMemoryStore()
      let second = HTTPServer(fileSystem: FileSystem(store: store, options: FileSystemOptions()), options: options)
      #expect(throws: HTTPServerError.self) { try second.start() }
    }
    #expect(access(path, F_OK) != 0)
  }
}
