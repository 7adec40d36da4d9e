import Core
import HTTPFront
import TestSupport
import Testing

/// Moves and copies over a real socket, and what recognizes their results later.
@Suite(.serialized) struct LiveMoveTests {
  private static let keys: [ObjectKey] = ["d/", "d/deep/y", "d/x"]

  @Test func `objects and directories move and copy`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "d/x", "1")
      let client = gateway.client
      #expect(await client.send("POST", "/box/d/x?copy=/box/y")?.status == 201)
      #expect(await client.send("POST", "/box/d/x?copy=/box/y")?.status == 409)
      #expect(await client.send("POST", "/box/d/?move=/box/e/")?.status == 201)
      #expect(gateway.store.keys("box") == ["e/x", "y"])
      #expect(await client.send("POST", "/box/e/?move=/box/e/f/")?.status == 409)
    }
  }

  @Test func `a move returns the version that it made, and another version is not moved back`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "1")
      let moved = await gateway.client.send("POST", "/box/x?move=/box/y")
      let etag = try #require(moved?.header("ETag"))
      #expect(etag == gateway.store.head("box", "y")?.etag.quoted)
      gateway.store.put("box", "y", "another client's")
      #expect(await gateway.client.send("POST", "/box/y?move=/box/x", ["If-Match": etag])?.status == 412)
      #expect(gateway.store.keys("box") == ["y"])
      gateway.store.put("box", "y", "1")
      #expect(await gateway.client.send("POST", "/box/y?move=/box/x", ["If-Match": etag])?.status == 201)
      #expect(gateway.store.keys("box") == ["x"])
    }
  }

  /// What another client does in a directory after it was moved to `e/`.
  private static let changes: [@Sendable (InMemoryStore) -> Void] = [
    { $0.put("box", "e/new", "another client's") },
    { $0.put("box", "e/x", "another client's") },
    { $0.remove("box", "e/deep/y") },
    {
      $0.remove("box", "e/x")
      $0.put("box", "e/another-name", "1")
    },
  ]

  @Test(arguments: changes.indices)
  func `a directory that another client changed since is not moved back`(index: Int) async throws {
    try await LiveGateway.with { gateway in
      for key in Self.keys { gateway.store.put("box", key, "1") }
      let moved = await gateway.client.send("POST", "/box/d/?move=/box/e/")
      let state = try #require(moved?.header("X-State"))
      Self.changes[index](gateway.store)
      let found = gateway.store.keys("box")
      for verb in ["move", "copy"] {
        #expect(await gateway.client.send("POST", "/box/e/?\(verb)=/box/d/&state=\(state)")?.status == 412)
      }
      #expect(gateway.store.keys("box") == found)
    }
  }

  @Test func `a directory is moved in the state that the answer to a move or a copy named`() async throws {
    try await LiveGateway.with { gateway in
      for key in Self.keys { gateway.store.put("box", key, "1") }
      let copied = await gateway.client.send("POST", "/box/d/?copy=/box/e/")
      let moved = await gateway.client.send("POST", "/box/d/?move=/box/f/")
      for (place, answer) in [("e", copied), ("f", moved)] {
        let state = try #require(answer?.header("X-State"))
        let target = "/box/\(place)/?move=/box/\(place)2/&state=\(state)"
        #expect(await gateway.client.send("POST", target)?.status == 201)
      }
      #expect(gateway.store.keys("box") == ["e2/", "e2/deep/y", "e2/x", "f2/", "f2/deep/y", "f2/x"])
      for target in ["/box/e2/x?move=/box/z&state=1", "/box/e2/?move=/box/z/&state", "/box/e2/?move=/box/z/&state="] {
        #expect(await gateway.client.send("POST", target)?.status == 400, "\(target)")
      }
    }
  }
}
