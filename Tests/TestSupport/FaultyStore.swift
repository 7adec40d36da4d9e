public import S3
import Synchronization

/// Fails or holds selected calls, before or after another store executes them:
///
///     store.fail(.putObject, call: 2, with: .internalError)              // the second PUT never arrives
///     store.fail(.putObject, with: .timedOut, when: .after)              // the next one arrives, its answer does not
///     let hold = store.hold(.headObject)                                 // the next HEAD waits
///     await hold.reached(); …; hold.release()
public final class FaultyStore: InterceptingStore {
  /// Whether the call takes effect before the fault.
  public enum Moment: Sendable { case before, after }

  private struct Rule: Sendable {
    let operation: StoreOperation?
    let key: ObjectKey?
    let moment: Moment
    let effect: Effect
    /// How many matching calls still pass unchanged.
    var passing: Int
    /// How many calls the fault still applies to.
    var striking: Int
  }

  private enum Effect: Sendable {
    case fail(S3Error.Code)
    case hold(Hold)
  }

  public let base: any ObjectStore
  private let rules = Mutex([Rule]())

  public init(_ base: any ObjectStore) { self.base = base }

  /// Fails the `call`-th matching call from now on, and the `times - 1` after it. A nil operation or key matches all.
  public func fail(
    _ operation: StoreOperation?, key: ObjectKey? = nil, call: Int = 1, times: Int = 1,
    with code: S3Error.Code = .internalError, when moment: Moment = .before
  ) {
    add(
      Rule(operation: operation, key: key, moment: moment, effect: .fail(code), passing: call - 1, striking: times))
  }

  /// Holds the `call`-th matching call from now on until it is released, or its task is cancelled.
  public func hold(
    _ operation: StoreOperation?, key: ObjectKey? = nil, call: Int = 1, when moment: Moment = .before
  ) -> Hold {
    let hold = Hold()
    add(Rule(operation: operation, key: key, moment: moment, effect: .hold(hold), passing: call - 1, striking: 1))
    return hold
  }

  /// Removes all faults and releases held calls.
  public func heal() {
    let removed = rules.withLock { rules in
      defer { rules = [] }
      return rules
    }
    for case .hold(let hold) in removed.map(\.effect) { hold.release() }
  }

  private func add(_ rule: Rule) { rules.withLock { $0.append(rule) } }

  public func around<Value: Sendable>(
    _ call: StoreCall, _ perform: () async throws(S3Error) -> Value
  ) async throws(S3Error) -> Value {
    let struck = strike(call)
    for (moment, effect) in struck where moment == .before { try await apply(effect, call) }
    let value = try await perform()
    for (moment, effect) in struck where moment == .after { try await apply(effect, call) }
    return value
  }

  private func strike(_ call: StoreCall) -> [(Moment, Effect)] {
    rules.withLock { rules in
      var struck: [(Moment, Effect)] = []
      for index in rules.indices {
        guard rules[index].operation ?? call.operation == call.operation, rules[index].key ?? call.key == call.key
        else {
          continue
        }
        if rules[index].passing > 0 {
          rules[index].passing -= 1
        } else if rules[index].striking > 0 {
          rules[index].striking -= 1
          struck.append((rules[index].moment, rules[index].effect))
        }
      }
      return struck
    }
  }

  private func apply(_ effect: Effect, _ call: StoreCall) async throws(S3Error) {
    switch effect {
    case .fail(let code): throw call.operation.error(code, call.description)
    case .hold(let hold): await hold.pass()
    }
    if Task.isCancelled { throw call.operation.error(.cancelled, call.description) }
  }
}

/// A call that waits for its release.
public final class Hold: Sendable {
  private let arrival = Latch()
  private let departure = Latch()

  init() {}

  /// Returns when the call has arrived.
  public func reached() async { await arrival.wait() }
  public var isReached: Bool { arrival.isOpen }
  public func release() { departure.open() }

  func pass() async {
    arrival.open()
    await departure.wait()
  }
}
