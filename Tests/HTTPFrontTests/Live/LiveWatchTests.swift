import Core
import HTTPFront
import TestSupport
import Testing

/// `?watch` and `?wait` over a real socket.
@Suite(.serialized) struct LiveWatchTests {
  private static let soon: @Sendable (inout FileSystemOptions) -> Void = { $0.ttl = .milliseconds(250) }

  @Test func `changes by others and by this gateway are sent as events`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      gateway.store.put("box", "d/old", "1")
      let (ready, announce) = AsyncStream.makeStream(of: Void.self)
      async let stream = gateway.client.follow("/box/d/?watch") { text in
        if text.contains("event: ready") && !text.contains("event: created") {
          // By another program.
          gateway.store.put("box", "d/outside", "22")
          announce.finish()
        }
        return text.contains("d/outside") && text.contains("d/own")
      }
      for await _ in ready {}
      #expect(await gateway.client.send("PUT", "/box/d/own", body: "1")?.status == 201)
      let text = await stream
      #expect(text.contains("Content-Type: text/event-stream"))
      #expect(text.contains("event: created\ndata: {\"path\":\"/box/d/outside\""))
      #expect(text.contains("\"type\":\"object\",\"size\":2,"))
      #expect(text.contains("event: created\ndata: {\"path\":\"/box/d/own\""))
    }
  }

  @Test func `a recursive watch reports changes at any depth`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      let text = await gateway.client.follow("/box/?watch&recursive") { text in
        if text.contains("event: ready") { gateway.store.put("box", "a/b/c", "1") }
        return text.contains("/box/a/b/c")
      }
      #expect(text.contains("event: created"))
      #expect(await gateway.client.send("GET", "/box/x?watch")?.status == 400)
      #expect(await gateway.client.send("GET", "/none/?watch")?.status == 404)
    }
  }

  @Test func `a wait ends when the object exists, whoever created it`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      async let outside = gateway.client.send("GET", "/box/out?wait=20s")
      async let own = gateway.client.send("GET", "/box/own?wait=20s")
      try await gateway.untilMetrics(contain: "requests_in_flight 3")
      gateway.store.put("box", "out", "from outside")
      #expect(await gateway.client.send("PUT", "/box/own", body: "from here")?.status == 201)
      #expect(await outside?.body == "from outside")
      #expect(await own?.body == "from here")
    }
  }

  @Test func `a wait for another version returns that version`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      let etag = gateway.store.put("box", "x", "1").quoted
      #expect(await gateway.client.send("GET", "/box/x?wait=20s")?.body == "1")
      async let changed = gateway.client.send("GET", "/box/x?wait=20s", ["If-None-Match": etag])
      try await gateway.untilMetrics(contain: "requests_in_flight 2")
      gateway.store.put("box", "x", "2")
      #expect(await changed?.body == "2")
    }
  }

  @Test func `a watch of the root reports changes in existing and new buckets`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      let text = await gateway.client.follow("/?watch&recursive") { text in
        if text.contains("event: ready"), !text.contains("/box/a/b") { gateway.store.put("box", "a/b", "1") }
        if text.contains("/box/a/b"), !text.contains("/late/") {
          gateway.store.put("late", "c/d", "1")
        }
        return text.contains("/late/c/d")
      }
      for path in ["/box/a/b", "/late/", "/late/c/d"] {
        #expect(text.contains("event: created\ndata: {\"path\":\"\(path)\""), "\(path)")
      }
    }
  }

  @Test func `a watch of the root reports own changes at once`() async throws {
    try await LiveGateway.with { gateway in
      let (ready, announce) = AsyncStream.makeStream(of: Void.self)
      async let stream = gateway.client.follow("/?watch&recursive") { text in
        if text.contains("event: ready") { announce.finish() }
        return text.contains("event: deleted")
      }
      for await _ in ready {}
      #expect(await gateway.client.send("PUT", "/box/d/own", body: "1")?.status == 201)
      #expect(await gateway.client.send("DELETE", "/box/d/own")?.status == 204)
      let text = await stream
      #expect(text.contains("event: created\ndata: {\"path\":\"/box/d/own\""))
      #expect(text.contains("event: deleted\ndata: {\"path\":\"/box/d/own\""))
    }
  }

  @Test func `a wait for a pattern returns the matches`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      gateway.store.put("box", "out/a.csv", "1")
      gateway.store.put("box", "out/a.txt", "1")
      #expect(await gateway.client.send("GET", "/box/out/*.csv?wait=20s")?.body == "/box/out/a.csv\n")
      #expect(await gateway.client.send("GET", "/box/**?wait=20s")?.body == "/box/out/a.csv\n/box/out/a.txt\n")
      #expect(await gateway.client.send("GET", "/box/out/%7Ba,b%7D.%3Fxt?wait=1s")?.body == "/box/out/a.txt\n")
      let json = await gateway.client.send("GET", "/box/out/*.csv?wait=20s&json")?.body
      #expect(json?.hasPrefix(#"{"path":"/box/out/*.csv","matches":[{"name":"out/a.csv","type":"object","#) == true)
      #expect(await gateway.client.send("GET", "/box/o*/?wait=20s&simple")?.body == "/box/out/a.csv\n/box/out/a.txt\n")
      #expect(await gateway.client.send("GET", "/box/*.csv?wait=50ms")?.status == 404)
      #expect(await gateway.client.send("GET", "/none/*.csv?wait=50ms")?.status == 404)
      #expect(await gateway.client.send("GET", "/box/*?wait=1s", ["If-None-Match": "*"])?.status == 400)
      // A key that is spelt so is that key.
      gateway.store.put("box", "out/*.csv", "literal")
      #expect(await gateway.client.send("GET", "/box/out/*.csv?wait=20s")?.body == "literal")
    }
  }

  @Test(arguments: ["/box/out/*.csv?wait=20s&count=2", "/box/out/?wait=20s&count=2&simple", "/box/?wait=20s&count=2"])
  func `a wait for several objects waits for all of them`(target: String) async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      async let waiting = gateway.client.send("GET", target, ["Accept": "text/plain"])
      gateway.store.put("box", "out/a.csv", "1")
      try await gateway.untilMetrics(contain: "requests_in_flight 2")
      #expect(await gateway.client.send("PUT", "/box/out/b.csv", body: "from here")?.status == 201)
      #expect(await waiting?.body == "/box/out/a.csv\n/box/out/b.csv\n")
      let late = await gateway.client.send("GET", target.replacing("20s&count=2", with: "50ms&count=3"))
      #expect(late?.status == 404 && late?.body.contains("2 of 3") == true)
    }
  }

  @Test(arguments: ["/box/x", "/box/*", "/box/d/", "/box/d/**"])
  func `a wait for a deletion ends with it`(place: String) async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      gateway.store.put("box", "x", "1")
      gateway.store.put("box", "d/y", "1")
      #expect(await gateway.client.send("GET", "\(place)?wait=50ms&gone")?.status == 409)
      async let waiting = gateway.client.send("GET", "\(place)?wait=20s&gone")
      try await gateway.untilMetrics(contain: "requests_in_flight 2")
      gateway.store.remove("box", "x")
      gateway.store.remove("box", "d/y")
      #expect(await waiting?.status == 204)
      #expect(await gateway.client.send("HEAD", "/none/?wait=50ms&gone")?.status == 204)
    }
  }

  @Test func `a wait survives a temporary failure of S3`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      gateway.faults.fail(nil, times: .max, with: .timedOut)
      async let waiting = gateway.client.send("GET", "/box/x?wait=20s")
      try await gateway.untilMetrics(contain: "requests_in_flight 2")
      gateway.store.put("box", "x", "here")
      gateway.faults.heal()
      #expect(await waiting?.body == "here")
    }
  }

  @Test func `a wait that times out fails, and a malformed timeout is 400`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      let etag = gateway.store.put("box", "x", "1").quoted
      #expect(await gateway.client.send("GET", "/box/x?wait=50ms", ["If-None-Match": etag])?.status == 304)
      #expect(await gateway.client.send("GET", "/box/none?wait=50ms", ["If-None-Match": etag])?.status == 404)
      #expect(await gateway.client.send("GET", "/box/none?wait=50ms")?.status == 404)
      #expect(await gateway.client.send("GET", "/box/none/?wait=50ms")?.status == 404)
      #expect(await gateway.client.send("GET", "/box/?wait=1&json")?.status == 200)
      for time in ["", "x", "-1s", "11m", "1h"] {
        #expect(await gateway.client.send("GET", "/box/none?wait=\(time)")?.status == 400)
      }
    }
  }

  @Test func `stopping ends waits and watches at once`() async throws {
    try await LiveGateway.with(options: .changed { $0.stopGrace = .seconds(60) }) { gateway in
      async let waiting = gateway.client.send("GET", "/box/none?wait=60s")
      async let watching = gateway.client.follow("/box/?watch") { _ in false }
      try await gateway.untilMetrics(contain: "requests_in_flight 3")
      await gateway.stop()
      #expect(await waiting?.status == 503)
      #expect(await watching.contains("event: ready"))
    }
  }
}
