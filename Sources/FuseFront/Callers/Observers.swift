internal import Core
private import Synchronization

/// The threads that call the mount, and the burst of calls that each is in.
///
/// On a busy machine the time between two calls is long even if the thread does nothing but call: it waits for a
/// processor, and so do we. What counts is how long it ran. A thread that only ran, for less than the pause, neither
/// slept nor was interrupted: it has not waited for an answer of S3.
final class Observers: Sendable {
  typealias Instant = ContinuousClock.Instant

  private struct Observer {
    var burst = Burst()
    /// The thread's activity when it was last answered, on a busy machine.
    var before: ThreadActivity?
  }

  private struct Inside {
    var observers: [Int32: Observer] = [:]
    /// Until when the machine counts as busy.
    var busyUntil: Instant?
    /// The last thread that called.
    var last: (thread: Int32, at: Instant)?
  }

  /// The limit of threads; silent ones above it are forgotten: their next call begins a burst anyway.
  private static let most = 4096
  private static let silence = Duration.seconds(1)

  private let inside = Mutex(Inside())
  private let pause: @Sendable () -> Duration
  private let activity: @Sendable (Int32) -> ThreadActivity?
  private let meet: @Sendable (Instant) -> Void

  /// - Parameters:
  ///   - pause: see `Burst`.
  ///   - meet: called when two threads call at nearly the same time.
  ///   - activity: returns the activity of a sleeping thread.
  init(
    pause: @escaping @Sendable () -> Duration, meet: @escaping @Sendable (Instant) -> Void = { _ in },
    activity: @escaping @Sendable (Int32) -> ThreadActivity? = { ThreadActivity(ofSleeping: $0) }
  ) {
    self.pause = pause
    self.meet = meet
    self.activity = activity
  }

  /// Records a call of a thread. Returns how recent its answer must be. Threads of other pid namespaces, which the
  /// kernel calls 0, are one observer: their bursts end where none of them calls.
  func asks(_ thread: Int32, at now: Instant = .now) -> Burst.Bounds {
    let pause = pause()
    let (seemsToPause, before, isAlone) = inside.withLock { inside -> (Bool, ThreadActivity?, Bool) in
      let isAlone = inside.last.map { $0.thread == thread || now - $0.at > Inodes.company } ?? true
      inside.last = (thread, now)
      guard let observer = inside.observers[thread], let answered = observer.burst.lastAnswered else {
        return (false, nil, isAlone)
      }
      guard now - answered >= pause, now - answered < Burst.longestWindow else { return (false, nil, isAlone) }
      inside.busyUntil = now + Self.silence
      return (true, observer.before, isAlone)
    }
    if !isAlone { meet(now) }
    let hasPaused = seemsToPause && !(before.map { hasOnlyCalled(thread, since: $0, pause) } ?? false)
    return inside.withLock { inside in
      if inside.observers.count > Self.most {
        inside.observers = inside.observers.filter {
          $0.value.burst.lastAnswered.map { now - $0 < Self.silence } ?? true
        }
      }
      if seemsToPause, !hasPaused { inside.observers[thread]?.burst.wasHeldUp(until: now) }
      return inside.observers[thread, default: Observer()].burst.asks(at: now, pause: pause)
    }
  }

  /// Returns whether a thread did nothing since it was answered except run until it called again.
  private func hasOnlyCalled(_ thread: Int32, since before: ThreadActivity, _ pause: Duration) -> Bool {
    // The pause is a third of the shortest answer of S3: its running time is less than that, too.
    guard let now = activity(thread), now.hasOnlyRun(since: before, lessThan: pause * 2) else { return false }
    // It is about to sleep a little before the kernel counts that.
    return activity(thread) == now
  }

  /// Records that the thread is about to be answered. Called before the answer: what the thread does next must not
  /// count as a part of it.
  func isAnswered(_ thread: Int32, at now: Instant = .now) {
    let isBusy = inside.withLock { $0.busyUntil.map { now < $0 } ?? false }
    let before = isBusy ? activity(thread) : nil
    inside.withLock { inside in
      inside.observers[thread]?.before = before
      inside.observers[thread]?.burst.isAnswered(at: now)
    }
  }
}
