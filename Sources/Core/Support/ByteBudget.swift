import Synchronization

/// A cap on bytes that many holders share.
final class ByteBudget: Sendable {
  let limit: Int64
  private let taken = Atomic<Int64>(0)

  init(limit: Int64) { self.limit = limit }

  var used: Int64 { taken.load(ordering: .relaxed) }

  /// Takes bytes if that many are left.
  func take(_ count: Int64) -> Bool {
    let after = taken.wrappingAdd(count, ordering: .relaxed).newValue
    guard after > limit, count > 0 else { return true }
    taken.wrappingSubtract(count, ordering: .relaxed)
    return false
  }

  func give(_ count: Int64) { taken.wrappingSubtract(count, ordering: .relaxed) }
}

/// What one holder has taken of a budget. Gives it back when it is released.
final class BudgetShare: Sendable {
  private let budget: ByteBudget
  private let held = Atomic<Int64>(0)

  init(of budget: ByteBudget) { self.budget = budget }

  deinit { budget.give(held.load(ordering: .relaxed)) }

  /// Holds that many bytes from now on, if the budget allows it; less is always allowed. One caller at a time.
  func resize(to count: Int64) -> Bool {
    let before = held.load(ordering: .relaxed)
    guard budget.take(count - before) else { return false }
    held.store(count, ordering: .relaxed)
    return true
  }

  /// Holds that many bytes from now on, whether or not the budget allows it: for what has a cap of its own, and must
  /// only be counted. One caller at a time.
  func set(to count: Int64) {
    budget.give(held.load(ordering: .relaxed) - count)
    held.store(count, ordering: .relaxed)
  }

  var count: Int64 { held.load(ordering: .relaxed) }
}
