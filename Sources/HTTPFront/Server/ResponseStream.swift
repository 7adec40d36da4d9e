import Core
import Synchronization

/// A body that a task writes while the client reads it, with at most `capacity` bytes between the two.
final class ResponseStream: Sendable {
  private struct Inside {
    var pending: [UInt8] = []
    var hasStarted = false
    var hasEnded = false
    var hasFailed = false
    var suspended: ClientConnection?
    var writer: CheckedContinuation<Void, Never>?
    var task: Task<Void, Never>?
  }

  private static let capacity = 128 << 10

  /// The number of bytes that will be written, if known.
  let length: Int64?
  /// The URL prefix for the producing task, which is not a child of the task that answered.
  private let prefix: String
  private let burst: Burst.Bounds?
  private let inside = Mutex(Inside())
  private let produce: @Sendable (ResponseStream) async throws -> Void

  /// - Parameter produce: writes the body; starts when the client reads the first byte. If it throws, the transfer breaks.
  init(length: Int64? = nil, _ produce: @escaping @Sendable (ResponseStream) async throws -> Void) {
    self.length = length
    self.produce = produce
    prefix = URLPrefix.current
    burst = Burst.bounds
  }

  /// Appends bytes, and returns as soon as there is room for more. Throws if the client is gone.
  func write(_ bytes: [UInt8]) async throws(ClientGone) {
    let isFull = try inside.withLock { inside throws(ClientGone) in
      if inside.hasFailed { throw ClientGone() }
      inside.pending += bytes
      if !inside.pending.isEmpty { resume(&inside) }
      return inside.pending.count >= Self.capacity
    }
    if isFull { await roomArrives() }
  }

  private func roomArrives() async {
    await withCheckedContinuation { continuation in
      let ready = inside.withLock { inside in
        if inside.hasFailed || inside.pending.count < Self.capacity { return true }
        inside.writer = continuation
        return false
      }
      if ready { continuation.resume() }
    }
  }

  /// Fills libmicrohttpd's buffer; suspends the connection if no bytes are ready.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, suspending connection: ClientConnection) -> Int {
    inside.withLock { inside in
      if inside.hasFailed { return ClientConnection.contentFailed }
      if !inside.hasStarted {
        inside.hasStarted = true
        inside.task = start()
      }
      guard !inside.pending.isEmpty else {
        if inside.hasEnded { return ClientConnection.contentEnd }
        inside.suspended = connection
        connection.suspend()
        return 0
      }
      let count = min(buffer.count, inside.pending.count)
      inside.pending.withUnsafeBytes { source in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
      }
      inside.pending.removeFirst(count)
      if inside.pending.count < Self.capacity { wake(&inside) }
      return count
    }
  }

  private func start() -> Task<Void, Never> {
    Task {
      let failed: Bool
      do {
        try await URLPrefix.$current.withValue(prefix) {
          try await Burst.$bounds.withValue(burst) { try await produce(self) }
        }
        failed = false
      } catch {
        failed = true
      }
      inside.withLock { inside in
        inside.hasEnded = true
        inside.hasFailed = inside.hasFailed || failed
        resume(&inside)
      }
    }
  }

  func abort() {
    let task = inside.withLock { inside in
      inside.hasFailed = true
      wake(&inside)
      resume(&inside)
      return inside.task
    }
    task?.cancel()
  }

  private func wake(_ inside: inout Inside) {
    inside.writer?.resume()
    inside.writer = nil
  }

  private func resume(_ inside: inout Inside) {
    inside.suspended?.resume()
    inside.suspended = nil
  }
}
