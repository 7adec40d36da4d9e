import Core
import HTTPFront
import TestSupport
import Testing

/// `?watch` and `?wait` over a real socket.
@Suite(.serialized) struct LiveWatchTests {
  private static let soon: @Sendable (inout FileSystemOptions) -> Void = { $0.ttl = .milliseconds(250) }

  @Test func `changes by others and by this gateway come as events`() async throws {
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

  @Test func `a recursive watch sees what is deeper`() async throws {
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

  @Test func `waiting answers when the object is there, however it came`() async throws {
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

  @Test func `waiting for another version answers with that`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      let etag = gateway.store.put("box", "x", "1").quoted
      #expect(await gateway.client.send("GET", "/box/x?wait=20s")?.body == "1")
      async let changed = gateway.client.send("GET", "/box/x?wait=20s", ["If-None-Match": etag])
      try await gateway.untilMetrics(contain: "requests_in_flight 2")
      gateway.store.put("box", "x", "2")
      #expect(await changed?.body == "2")
    }
  }

  @Test func `waiting in vain is 204, and a malformed time 400`() async throws {
    try await LiveGateway.with(choosing: Self.soon) { gateway in
      #expect(await gateway.client.send("GET", "/box/none?wait=50ms")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/none/?wait=50ms")?.status == 204)
      #expect(await gateway.client.send("GET", "/box/?wait=1&json")?.status == 200)
      for time in ["", "x", "-1s", "11m", "1h"] {
        #expect(await gateway.client.send("GET", "/box/none?wait=\(time)")?.status == 400)
      }
    }
  }

  @Test func `stopping ends those who wait and those who watch at once`() async throws {
    try await LiveGateway.with(options: .changed { $0.stopGrace = .seconds(60) }) { gateway in
      async let waiting = gateway.client.send("GET", "/box/none?wait=60s")
      async let watching = gateway.client.follow("/box/?watch") { _ in false }
      try await gateway.untilMetrics(contain: "requests_in_flight 3")
      await gateway.stop()
      #expect(await waiting?.status == 204)
      #expect(await watching.contains("event: ready"))
    }
  }
}
