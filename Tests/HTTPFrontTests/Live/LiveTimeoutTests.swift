import Core
import HTTPFront
import TestSupport
import Testing

/// Connections without traffic.
@Suite(.serialized) struct LiveTimeoutTests {
  private static func options(header: Int, idle: Int) -> HTTPServerOptions {
    .changed { ($0.headerTimeout, $0.idleTimeout) = (header, idle) }
  }

  private static let head = "Host: localhost\r\nContent-Length: 6\r\nConnection: close\r\n\r\n"

  @Test func `a body may pause for longer than headers may`() async throws {
    try await LiveGateway.with(options: Self.options(header: 1, idle: 0)) { gateway in
      let client = gateway.client
      let answer = await client.exchange(
        "PUT /box/x HTTP/1.1\r\n" + Self.head + "abc",
        while: {
          // Closed when the timeout of headers is over, so that this waits for longer than that.
          #expect(await client.exchange(["GET / HTTP/1.1\r\nHost: loc"]) == nil)
          #expect(await client.exchange(["GET / HTTP/1.1\r\nHost: loc"]) == nil)
        }, "def")
      #expect(answer?.status == 201 && gateway.store.text("box", "x") == "abcdef")
    }
  }

  @Test func `between two requests the timeout of headers applies as before the first`() async throws {
    try await LiveGateway.with(options: Self.options(header: 1, idle: 0)) { gateway in
      // Without Connection: close the server ends it, when the timeout of headers is over.
      let answer = await gateway.client.exchange(["GET /-/unsaved HTTP/1.1\r\nHost: localhost\r\n\r\n"])
      #expect(answer?.status == 200)
    }
  }

  @Test func `a body without progress is cut at the timeout, and so is a refused one`() async throws {
    try await LiveGateway.with(options: Self.options(header: 60, idle: 1)) { gateway in
      #expect(await gateway.client.exchange(["PUT /box/x HTTP/1.1\r\n" + Self.head + "abc"]) == nil)
      #expect(gateway.store.keys("box") == [])
    }
    try await LiveGateway.with(options: Self.options(header: 1, idle: 0)) { gateway in
      #expect(await gateway.client.exchange(["PUT /box/x?acl HTTP/1.1\r\n" + Self.head + "abc"]) == nil)
    }
  }
}
