import Synchronization

/// Coalesces concurrent calls with the same key into one piece of work with one result or error.
///
/// The work runs in a task of its own. A caller that is cancelled leaves at once with `cancelled`, the others continue;
/// when the last has left, the work is cancelled. Nothing is cached: a caller that comes after the end starts new work,
/// and so does one for which the work in flight began too early.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
  typealias Waiter = CheckedContinuation<Result<Value, Failure>, Never>

  typealias Instant = ContinuousClock.Instant

  private struct Flight {
    let key: Key
    let began: Instant
    let task: Task<Void, Never>
    var waiters: [Int: Waiter]
  }

  private struct State {
    var lastNumber = 0
    /// The flights by number.
    var flights: [Int: Flight] = [:]
    /// The latest flight of each key.
    var latest: [Key: Int] = [:]
    /// The flight that a caller waits for.
    var joined: [Int: Int] = [:]
    /// Callers that were cancelled before they had joined.
    var cancelled: Set<Int> = []

    mutating func nextNumber() -> Int {
      lastNumber += 1
      return lastNumber
    }

    mutating func remove(_ number: Int) -> Flight? {
      guard let flight = flights.removeValue(forKey: number) else { return nil }
      if latest[flight.key] == number { latest[flight.key] = nil }
      for caller in flight.waiters.keys { joined[caller] = nil }
      return flight
    }
  }

  private let state = Mutex(State())
  private let cancelled: @Sendable () -> Failure

  /// - Parameter cancelled: what a caller throws when its task is cancelled.
  init(cancelled: @autoclosure @escaping @Sendable () -> Failure) { self.cancelled = cancelled }

  /// Returns the result of the work in flight for a key, or of `work`, if there is none.
  /// - Parameter since: work that began before it is not shared; nil: any work is.
  func run(
    _ key: Key, since: Instant? = nil, now: Instant = .now,
    _ work: @escaping @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let caller = state.withLock { $0.nextNumber() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in join(key, caller, waiter, since, now, work) }
    } onCancel: {
      leave(caller)
    }
    state.withLock { _ = $0.cancelled.remove(caller) }
    return try result.get()
  }

  func isUnderWay(_ key: Key) -> Bool { state.withLock { $0.latest[key] != nil } }

  private func join(
    _ key: Key, _ caller: Int, _ waiter: Waiter, _ since: Instant?, _ now: Instant,
    _ work: @escaping @Sendable () async throws(Failure) -> Value
  ) {
    let isCancelled = state.withLock { state in
      if state.cancelled.contains(caller) { return true }
      if let number = state.latest[key], let began = state.flights[number]?.began, since.map({ $0 <= began }) ?? true {
        state.flights[number]?.waiters[caller] = waiter
        state.joined[caller] = number
      } else {
        let number = state.nextNumber()
        // It cannot finish before it is in the table: finishing takes this lock.
        let task = Task { await self.fly(number, work) }
        state.flights[number] = Flight(key: key, began: now, task: task, waiters: [caller: waiter])
        (state.latest[key], state.joined[caller]) = (number, number)
      }
      return false
    }
    if isCancelled { waiter.resume(returning: .failure(cancelled())) }
  }

  private func fly(_ number: Int, _ work: @Sendable () async throws(Failure) -> Value) async {
    let result: Result<Value, Failure>
    do { result = .success(try await work()) } catch { result = .failure(error) }
    let waiters = state.withLock { state -> [Waiter] in
      // None, if it was abandoned.
      state.remove(number).map { Array($0.waiters.values) } ?? []
    }
    for waiter in waiters { waiter.resume(returning: result) }
  }

  private func leave(_ caller: Int) {
    let (waiter, abandoned) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
      guard let number = state.joined.removeValue(forKey: caller),
        let waiter = state.flights[number]?.waiters.removeValue(forKey: caller)
      else {
        state.cancelled.insert(caller)
        return (nil, nil)
      }
      guard state.flights[number]?.waiters.isEmpty == true else { return (waiter, nil) }
      return (waiter, state.remove(number)?.task)
    }
    waiter?.resume(returning: .failure(cancelled()))
    abandoned?.cancel()
  }
}

extension SingleFlight where Failure == FileSystemError {
  /// Creates one whose cancelled callers throw `.interrupted`.
  convenience init() { self.init(cancelled: FileSystemError(.interrupted, "The operation was interrupted.")) }
}
