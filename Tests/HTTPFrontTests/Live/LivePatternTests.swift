import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// `?wait=` for patterns designed to take long.
@Suite(.serialized) struct LivePatternTests {
  @Test(.timeLimit(.minutes(1)), arguments: ["**a**a**b", "*a*a*a*b", "{*,**}a{*,**}a{*,**}b", "%7B%7B%7B%7B%7B%7B*"])
  func `no pattern keeps the gateway busy`(pattern: String) async throws {
    try await LiveGateway.with { gateway in
      for number in 0..<5 {
        gateway.store.put("box", ObjectKey(String(repeating: "a", count: 900) + "\(number)"), "")
      }
      #expect(await gateway.client.send("GET", "/box/\(pattern)?wait=1s")?.status == 404)
      #expect(await gateway.client.send("GET", "/box/\(pattern)?wait=1ms&gone")?.status == 204)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `the timeout applies also while keys are compared`() async throws {
    try await LiveGateway.with { gateway in
      let keys = (0..<40).map { ObjectKey(String(repeating: "a", count: 900) + "\($0)") }
      for key in keys { gateway.store.put("box", key, "") }
      // All steps stay reachable: the slowest kind of pattern.
      let slow = String(repeating: "{*a,a*}", count: 280) + "b"
      #expect(await gateway.client.send("GET", "/box/\(slow)?wait=100ms&count=1")?.status == 404)
      let longer = String(repeating: "*a", count: 1500)
      #expect(await gateway.client.send("GET", "/box/\(longer)?wait=1ms&count=1")?.status == 414)
    }
  }

  @Test func `comparing keys ends at its timeout, and when its task is cancelled`() async throws {
    let store = InMemoryStore(buckets: ["box"])
    for number in 0..<3000 { store.put("box", ObjectKey("key-\(number)"), "") }
    let fileSystem = FileSystem(store: store, options: FileSystemOptions())
    let pattern = try #require(KeyPattern(ObjectPath(bucket: "box", key: "*9")))
    #expect(try await fileSystem.byKey.objects(matching: pattern).count == 300)
    await #expect(throws: FileSystemError.self) {
      _ = try await fileSystem.byKey.objects(matching: pattern, until: .now)
    }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await fileSystem.byKey.objects(matching: pattern)
    }
    await #expect(throws: FileSystemError.self) { try await task.value }
  }
}
