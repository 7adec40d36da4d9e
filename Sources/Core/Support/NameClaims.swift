import S3
import Synchronization

/// Serialises changes of the same names: an operation that checks first and then acts claims its names, and others on
/// these names wait, in the order in which they came.
final class NameClaims: Sendable {
  private struct Waiter {
    let number: UInt64
    let paths: [ObjectPath]
    /// Whether it claims the names; otherwise it only waits for the current claims, and is invisible to others.
    let isClaim: Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var lastNumber: UInt64 = 0
    var held: [UInt64: [ObjectPath]] = [:]
    /// In order of arrival.
    var waiting: [Waiter] = []

    /// Returns whether no other caller claims a name that is one of these, is above one, or below, or has waited longer
    /// for one.
    func isFree(_ paths: [ObjectPath], for number: UInt64) -> Bool {
      !held.values.contains { NameClaims.overlap($0, paths) }
        && !waiting.contains { $0.isClaim && $0.number < number && NameClaims.overlap($0.paths, paths) }
    }
  }

  private let state = Mutex(State())

  /// Runs `body` when no other caller claims a name of `paths`: the same, or one in a directory among them.
  /// - Parameter body: is passed whether it had to wait, so that what was known before may be wrong.
  func claim<Result, Failure>(
    _ paths: [ObjectPath], _ body: (_ hasWaited: Bool) async throws(Failure) -> Result
  ) async throws(Failure) -> Result {
    let (number, hasWaited) = await begin(paths, isClaim: true)
    defer { end(number) }
    return try await body(hasWaited)
  }

  /// Returns when no caller claims a name of `paths`, or already waits for one.
  func free(_ paths: [ObjectPath]) async { _ = await begin(paths, isClaim: false) }

  /// Returns whether a name of `paths` is claimed. `paths` is not evaluated where nothing is claimed.
  func isClaimed(_ paths: @autoclosure () -> [ObjectPath]) -> Bool {
    state.withLock { state in
      guard !state.held.isEmpty else { return false }
      let paths = paths()
      return state.held.values.contains { Self.overlap($0, paths) }
    }
  }

  private func begin(_ paths: [ObjectPath], isClaim: Bool) async -> (number: UInt64, hasWaited: Bool) {
    let (number, isFree) = state.withLock { state in
      state.lastNumber += 1
      let number = state.lastNumber
      let isFree = state.isFree(paths, for: number)
      if isFree, isClaim { state.held[number] = paths }
      return (number, isFree)
    }
    guard !isFree else { return (number, false) }
    await withCheckedContinuation { continuation in
      let isFreeNow = state.withLock { state in
        guard state.isFree(paths, for: number) else {
          let index = state.waiting.firstIndex { $0.number > number } ?? state.waiting.endIndex
          state.waiting.insert(
            Waiter(number: number, paths: paths, isClaim: isClaim, continuation: continuation), at: index)
          return false
        }
        if isClaim { state.held[number] = paths }
        return true
      }
      if isFreeNow { continuation.resume() }
    }
    return (number, true)
  }

  private func end(_ number: UInt64) {
    let free = state.withLock { state in
      state.held[number] = nil
      var free: [CheckedContinuation<Void, Never>] = []
      for waiter in state.waiting where state.isFree(waiter.paths, for: waiter.number) {
        if waiter.isClaim { state.held[waiter.number] = waiter.paths }
        state.waiting.removeAll { $0.number == waiter.number }
        free.append(waiter.continuation)
      }
      return free
    }
    for continuation in free { continuation.resume() }
  }

  private static func overlap(_ some: [ObjectPath], _ others: [ObjectPath]) -> Bool {
    some.contains { one in others.contains { one == $0 || one.holds($0) || $0.holds(one) } }
  }
}

extension ObjectPath {
  /// Returns whether the other is in this directory, however deep.
  fileprivate func holds(_ other: ObjectPath) -> Bool {
    isDirectory && bucket == other.bucket && other.key.hasPrefix(key)
  }
}
