import Synchronization

/// Lets concurrent callers of the same key share one piece of work and its result or error.
///
/// The work runs in a task of its own. A caller that is cancelled leaves at once with `cancelled`, the others go on;
/// when the last has left, the work is cancelled. Nothing is remembered: a caller that comes after the end starts anew.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
  typealias Waiter = CheckedContinuation<Result<Value, Failure>, Never>

  private struct Flight {
    let number: Int
    let task: Task<Void, Never>
    var waiters: [Int: Waiter]
  }

  private struct State {
    var lastNumber = 0
    var flights: [Key: Flight] = [:]
    /// Callers that were cancelled before they had joined.
    var cancelled: Set<Int> = []

    mutating func nextNumber() -> Int {
      lastNumber += 1
      return lastNumber
    }
  }

  private let state = Mutex(State())
  private let cancelled: @Sendable () -> Failure

  /// - Parameter cancelled: What a caller throws when its task is cancelled.
  init(cancelled: @autoclosure @escaping @Sendable () -> Failure) { self.cancelled = cancelled }

  /// The result of the work under way for a key, or of `work`, if there is none.
  func run(
    _ key: Key, _ work: @escaping @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let caller = state.withLock { $0.nextNumber() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in join(key, caller, waiter, work) }
    } onCancel: {
      leave(key, caller)
    }
    state.withLock { _ = $0.cancelled.remove(caller) }
    return try result.get()
  }

  func isUnderWay(_ key: Key) -> Bool { state.withLock { $0.flights[key] != nil } }

  private func join(
    _ key: Key, _ caller: Int, _ waiter: Waiter, _ work: @escaping @Sendable () async throws(Failure) -> Value
  ) {
    let isCancelled = state.withLock { state in
      if state.cancelled.contains(caller) { return true }
      if state.flights[key] != nil {
        state.flights[key]?.waiters[caller] = waiter
      } else {
        let number = state.nextNumber()
        // It cannot finish before it is in the table: finishing takes this lock.
        let task = Task { await self.fly(key, number, work) }
        state.flights[key] = Flight(number: number, task: task, waiters: [caller: waiter])
      }
      return false
    }
    if isCancelled { waiter.resume(returning: .failure(cancelled())) }
  }

  private func fly(_ key: Key, _ number: Int, _ work: @Sendable () async throws(Failure) -> Value) async {
    let result: Result<Value, Failure>
    do { result = .success(try await work()) } catch { result = .failure(error) }
    let waiters = state.withLock { state -> [Waiter] in
      // Abandoned: another flight may have its place.
      guard state.flights[key]?.number == number, let flight = state.flights.removeValue(forKey: key) else { return [] }
      return Array(flight.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: result) }
  }

  private func leave(_ key: Key, _ caller: Int) {
    let (waiter, abandoned) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
      guard let waiter = state.flights[key]?.waiters.removeValue(forKey: caller) else {
        state.cancelled.insert(caller)
        return (nil, nil)
      }
      guard state.flights[key]?.waiters.isEmpty == true else { return (waiter, nil) }
      return (waiter, state.flights.removeValue(forKey: key)?.task)
    }
    waiter?.resume(returning: .failure(cancelled()))
    abandoned?.cancel()
  }
}

extension SingleFlight where Failure == FileSystemError {
  /// A caller that is cancelled throws `.interrupted`.
  convenience init() { self.init(cancelled: FileSystemError(.interrupted, "The operation was interrupted.")) }
}
