public import S3
import Synchronization

/// Counts the requests that pass through it, so that a test can assert a budget:
///
///     #expect(store.counts == [.listObjects: 1])
public final class RecordingStore: InterceptingStore {
  private struct State {
    var calls: [StoreCall] = []
    var bytesReceived: Int64 = 0
  }

  public let base: any ObjectStore
  private let state = Mutex(State())

  public init(_ base: any ObjectStore) { self.base = base }

  /// Every call since the last `reset()`, in the order in which they began; also those that failed.
  public var calls: [StoreCall] { state.withLock { $0.calls } }
  public var counts: [StoreOperation: Int] { calls.reduce(into: [:]) { $0[$1.operation, default: 0] += 1 } }
  public func count(_ operation: StoreOperation) -> Int { calls.count { $0.operation == operation } }
  public var total: Int { calls.count }
  /// The bodies that PUTs and parts sent.
  public var bytesSent: Int64 { calls.reduce(0) { $0 + $1.bytesSent } }
  /// The bodies that GETs received.
  public var bytesReceived: Int64 { state.withLock { $0.bytesReceived } }

  public func reset() { state.withLock { $0 = State() } }

  public func around<Value: Sendable>(
    _ call: StoreCall, _ perform: () async throws(S3Error) -> Value
  ) async throws(S3Error) -> Value {
    state.withLock { $0.calls.append(call) }
    return try await perform()
  }

  @discardableResult
  public func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    let counting = CountingSink(sink) { [self] count in state.withLock { $0.bytesReceived += count } }
    return try await around(StoreCall(.getObject, reference)) { () async throws(S3Error) in
      try await base.getObject(reference, range: range, conditions: conditions, versionID: versionID, into: counting)
    }
  }
}

private final class CountingSink: BodySink {
  private let sink: any BodySink
  private let count: @Sendable (Int64) -> Void

  init(_ sink: any BodySink, count: @escaping @Sendable (Int64) -> Void) {
    self.sink = sink
    self.count = count
  }

  func begin(_ head: ObjectHead) { sink.begin(head) }

  func receive(_ bytes: RawSpan) -> Bool {
    count(Int64(bytes.byteCount))
    return sink.receive(bytes)
  }
}
