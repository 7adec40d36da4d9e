import S3
import TestSupport
import Testing

@Suite("Stores that record, fail and hold calls")
struct InterceptingStoreTests {
  private let memory = InMemoryStore(buckets: ["b"])
  private let key = ObjectReference(bucket: "b", key: "k")

  private func put(_ store: any ObjectStore, _ text: String) async throws(S3Error) {
    _ = try await store.putObject(
      key, body: .bytes(Array(text.utf8)), properties: ObjectProperties(), condition: .none)
  }

  @Test("Requests and bytes are counted, also of calls that fail")
  func recording() async throws {
    let store = RecordingStore(memory)
    try await put(store, "hello")
    try await store.getObject(key, range: 1..<3, conditions: .none, versionID: nil, into: CollectingSink())
    await #expect(throws: S3Error.self) { try await store.headBucket("missing") }
    #expect(store.counts == [.putObject: 1, .getObject: 1, .headBucket: 1])
    #expect(store.bytesSent == 5 && store.bytesReceived == 2)
    store.reset()
    #expect(store.total == 0)
  }

  @Test("The chosen call fails, before or after it took effect, and the next passes")
  func failing() async throws {
    let store = FaultyStore(memory)
    store.fail(.putObject, call: 2, with: .slowDown)
    store.fail(.putObject, call: 3, with: .timedOut, when: .after)
    try await put(store, "1")
    #expect(await #expect(throws: S3Error.self) { try await put(store, "2") }?.code == .slowDown)
    #expect(memory.text("b", "k") == "1")
    #expect(await #expect(throws: S3Error.self) { try await put(store, "3") }?.code == .timedOut)
    #expect(memory.text("b", "k") == "3")
    try await put(store, "4")
  }

  @Test("A held call waits for its release")
  func holding() async throws {
    let store = FaultyStore(memory)
    let hold = store.hold(.putObject)
    async let written: Void = put(store, "late")
    await hold.reached()
    #expect(memory.text("b", "k") == nil)
    hold.release()
    try await written
    #expect(memory.text("b", "k") == "late")
  }

  @Test("Cancelling ends a held call")
  func cancellingHeld() async {
    let store = FaultyStore(memory)
    let hold = store.hold(.putObject)
    let task = Task { try await put(store, "never") }
    await hold.reached()
    task.cancel()
    #expect(await #expect(throws: S3Error.self) { try await task.value }?.code == .cancelled)
    #expect(memory.text("b", "k") == nil)
  }
}
