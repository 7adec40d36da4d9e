import Synchronization

/// Lets one task at a time work on each key; the others wait their turn, in the order in which they came.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
  /// Who waits for a key that somebody has.
  private let waiting = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

  /// - Parameter keys: each once, and always in the same order.
  func exclusively<Result, Failure>(
    _ keys: [Key], _ body: () async throws(Failure) -> Result
  ) async throws(Failure) -> Result {
    for key in keys { await begin(key) }
    defer { for key in keys { end(key) } }
    return try await body()
  }

  private func begin(_ key: Key) async {
    await withCheckedContinuation { continuation in
      let isFree = waiting.withLock { waiting in
        guard waiting[key] != nil else {
          waiting[key] = []
          return true
        }
        waiting[key]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func end(_ key: Key) {
    let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
      guard waiting[key]?.isEmpty == false else {
        waiting[key] = nil
        return nil
      }
      return waiting[key]?.removeFirst()
    }
    next?.resume()
  }
}
