import Synchronization

/// Runs `body` for every item, at most `limit` at once. Throws the first failure, after cancelling the others.
func concurrently<Item: Sendable, Result: Sendable, Failure: Error>(
  _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async throws(Failure) -> Result
) async throws(Failure) -> [Result] {
  let outcome: Swift.Result<[Result], Failure> = await withTaskGroup(of: Swift.Result<Result, Failure>.self) { group in
    var results: [Result] = []
    var rest = items[...]
    func startNext() {
      guard let item = rest.popFirst() else { return }
      group.addTask { () async -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try await body(item)) } catch { return .failure(error) }
      }
    }
    for _ in 0..<max(1, limit) { startNext() }
    while let next = await group.next() {
      switch next {
      case .success(let result):
        results.append(result)
        startNext()
      case .failure(let error):
        group.cancelAll()
        return .failure(error)
      }
    }
    return .success(results)
  }
  return try outcome.get()
}

/// Same, but when one fails, the work in flight continues and is waited for; no more is started. For work that
/// continues elsewhere after a cancellation.
func concurrentlyToTheEnd<Item: Sendable, Failure: Error>(
  _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async throws(Failure) -> Void
) async throws(Failure) {
  let outcome: Swift.Result<Void, Failure> = await withTaskGroup(of: Swift.Result<Void, Failure>.self) { group in
    var rest = items[...]
    func startNext() {
      guard let item = rest.popFirst() else { return }
      group.addTask { () async -> Swift.Result<Void, Failure> in
        do throws(Failure) { return .success(try await body(item)) } catch { return .failure(error) }
      }
    }
    for _ in 0..<max(1, limit) { startNext() }
    var first: Swift.Result<Void, Failure> = .success(())
    while let next = await group.next() {
      switch (first, next) {
      case (.success, .success): startNext()
      case (.success, .failure): first = next
      case (.failure, _): break
      }
    }
    return first
  }
  try outcome.get()
}

/// An event that happens once, and can be checked by others.
final class Flag: Sendable {
  private let state = Atomic(false)

  var isSet: Bool { state.load(ordering: .relaxed) }
  func set() { state.store(true, ordering: .relaxed) }
}
