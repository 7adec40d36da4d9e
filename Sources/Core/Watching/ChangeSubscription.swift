import Synchronization

/// The changes of one watched place, for one subscriber. Ends by `end`, or when its owner releases it.
public final class ChangeSubscription: Sendable {
  public enum Event: Hashable, Sendable {
    case change(ObjectChange)
    /// The subscriber was too slow: some events are lost, so that everything must be read again.
    case overflow
  }

  /// How many changes may be queued, unless the subscriber wants more.
  static let usualCapacity = 1000

  private struct Inside {
    var events: [Event] = []
    var waiter: CheckedContinuation<Void, Never>?
    var hasExpired = false
    var hasEnded = false
  }

  private let inside = Mutex(Inside())
  private let onEnd: @Sendable (ObjectIdentifier) -> Void

  private let capacity: Int
  /// Whether changes may be reported later when many places are followed, so that listings stay few.
  let isPatient: Bool

  init(
    capacity: Int = usualCapacity, isPatient: Bool = false, onEnd: @escaping @Sendable (ObjectIdentifier) -> Void
  ) {
    self.capacity = capacity
    self.isPatient = isPatient
    self.onEnd = onEnd
  }

  deinit { onEnd(ObjectIdentifier(self)) }

  /// Returns the next event; nil when none came in time, the task was cancelled, or the subscription has ended. For one
  /// task.
  public func next(within timeout: Duration) async -> Event? {
    if let event = take() { return event }
    await wait(atMost: timeout)
    return take()
  }

  /// Returns all queued events, oldest first, after waiting for the first; empty where `next` returns nil. For one
  /// task.
  public func nextAll(within timeout: Duration) async -> [Event] {
    if !inside.withLock({ !$0.events.isEmpty }) { await wait(atMost: timeout) }
    return inside.withLock { inside in
      defer { inside.events = [] }
      return inside.events
    }
  }

  private func wait(atMost timeout: Duration) async {
    inside.withLock { $0.hasExpired = false }
    let timer = Task {
      guard (try? await Task.sleep(for: timeout)) != nil else { return }
      wake { $0.hasExpired = true }
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = inside.withLock { inside in
          if !inside.events.isEmpty || inside.hasEnded || inside.hasExpired || Task.isCancelled { return true }
          inside.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      wake { $0.hasExpired = true }
    }
  }

  public var hasEnded: Bool { inside.withLock { $0.hasEnded } }

  /// Ends the subscription: no more events, and a waiting task is woken. Callable from any thread.
  public func end() {
    wake { inside in
      inside.hasEnded = true
      inside.events = []
    }
    onEnd(ObjectIdentifier(self))
  }

  func offer(_ changes: [ObjectChange]) {
    guard !changes.isEmpty else { return }
    wake { inside in
      guard !inside.hasEnded, inside.events != [.overflow] else { return }
      inside.events += changes.map { .change($0) }
      if inside.events.count > capacity { inside.events = [.overflow] }
    }
  }

  private func take() -> Event? {
    inside.withLock { $0.events.isEmpty ? nil : $0.events.removeFirst() }
  }

  private func wake(_ change: (inout Inside) -> Void) {
    let waiter = inside.withLock { inside in
      change(&inside)
      defer { inside.waiter = nil }
      return inside.waiter
    }
    waiter?.resume()
  }
}
