import Synchronization

/// A limit of bytes that many holders share.
final class ByteBudget: Sendable {
  let limit: Int64
  private let taken = Atomic<Int64>(0)

  init(limit: Int64) { self.limit = limit }

  var used: Int64 { taken.load(ordering: .relaxed) }

  /// Takes bytes if that many are left, and returns whether it did.
  func take(_ count: Int64) -> Bool {
    let after = taken.wrappingAdd(count, ordering: .relaxed).newValue
    guard after > limit, count > 0 else { return true }
    taken.wrappingSubtract(count, ordering: .relaxed)
    return false
  }

  func give(_ count: Int64) { taken.wrappingSubtract(count, ordering: .relaxed) }
}

/// One holder's share of a budget. Returned when it is released.
final class BudgetShare: Sendable {
  private let budget: ByteBudget
  private let held = Atomic<Int64>(0)

  init(of budget: ByteBudget) { self.budget = budget }

  deinit { budget.give(held.load(ordering: .relaxed)) }

  /// Resizes the share, if the budget allows it; less is always allowed. Returns whether it did. One caller at a time.
  func resize(to count: Int64) -> Bool {
    let before = held.load(ordering: .relaxed)
    guard budget.take(count - before) else { return false }
    held.store(count, ordering: .relaxed)
    return true
  }

  /// Resizes the share, whether or not the budget allows it: for holders with a limit of their own, which only need to
  /// be counted. One caller at a time.
  func set(to count: Int64) {
    budget.give(held.load(ordering: .relaxed) - count)
    held.store(count, ordering: .relaxed)
  }

  var count: Int64 { held.load(ordering: .relaxed) }
}
