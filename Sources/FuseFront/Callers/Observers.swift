internal import Core
private import Synchronization

/// The threads that call the mount, and the burst of calls that each is in.
///
/// On a busy machine the time between two calls is long even if the thread does nothing but call: it waits for a
/// processor, and so do we. What counts is how long it ran. A thread that only ran, for less than the pause, neither
/// slept nor was interrupted: it has not waited for an answer of S3.
final class Observers: Sendable {
  typealias Instant = ContinuousClock.Instant
  /// Where the activity of one thread is read. Not a closure: kept in a tuple or an optional, a closure is wrapped in
  /// another one each time that it is taken out and put back.
  protocol Activity: Sendable {
    /// Returns the activity of the thread, its running time without what it runs at this moment; nil if it has ended.
    func now() -> ThreadActivity?
    /// Returns the activity of the thread while it sleeps; nil if it does not, or if it has ended.
    func ofSleeping() -> ThreadActivity?
  }

  /// One thread that calls. A class, so that a call finds it once and changes it in place.
  ///
  /// Unchecked: only used under the lock around `Inside`.
  private final class Observer: @unchecked Sendable {
    var burst = Burst()
    /// How its activity is read; nil until the machine was busy.
    var activity: (any Activity)?
    /// The thread's activity when it was last answered, on a busy machine.
    var before: ThreadActivity?
  }

  private struct Inside {
    var observers: [Int32: Observer] = [:]
    /// Until when the machine counts as busy.
    var busyUntil: Instant?
    /// The last thread that called.
    var last: (thread: Int32, at: Instant)?

    /// Returns the observer that a thread is, which may be new.
    mutating func observer(_ thread: Int32, at now: Instant) -> Observer {
      if let known = observers[thread] { return known }
      if observers.count > Observers.most {
        observers = observers.filter { $0.value.burst.lastAnswered.map { now - $0 < Observers.silence } ?? true }
      }
      let observer = Observer()
      observers[thread] = observer
      return observer
    }

    /// Closes the files of all threads, before too many are open. Under the lock: to close files of /proc is no work of
    /// a disk.
    mutating func makeRoomForFiles() {
      guard observers.values.count(where: { $0.activity != nil }) >= Observers.mostExamined else { return }
      for observer in observers.values { (observer.activity, observer.before) = (nil, nil) }
    }
  }

  /// The limit of threads; silent ones above it are forgotten: their next call begins a burst anyway.
  private static let most = 4096
  /// The limit of threads whose activity is read, each with two open files.
  static let mostExamined = 128
  private static let silence = Duration.seconds(1)

  private let inside = Mutex(Inside())
  private let pause: @Sendable () -> Duration
  private let activity: @Sendable (Int32) -> (any Activity)?
  private let meet: @Sendable (Instant) -> Void

  /// - Parameters:
  ///   - pause: see `Burst`.
  ///   - meet: called when two threads call at nearly the same time.
  ///   - activity: returns how the activity of a thread is read.
  init(
    pause: @escaping @Sendable () -> Duration, meet: @escaping @Sendable (Instant) -> Void = { _ in },
    activity: @escaping @Sendable (Int32) -> (any Activity)? = { ThreadFiles(of: $0) }
  ) {
    self.pause = pause
    self.meet = meet
    self.activity = activity
  }

  /// Records a call of a thread. Returns how recent its answer must be. Threads of other pid namespaces, which the
  /// kernel calls 0, are one observer: their bursts end where none of them calls.
  func asks(_ thread: Int32, at now: Instant = .now) -> Burst.Bounds {
    let pause = pause()
    /// What decides whether the thread has paused, if its time seems to say so.
    typealias Doubt = (activity: any Activity, before: ThreadActivity)
    let (bounds, doubt, isAlone) = inside.withLock { inside -> (Burst.Bounds?, Doubt?, Bool) in
      let isAlone = inside.last.map { $0.thread == thread || now - $0.at > Knowledge.company } ?? true
      inside.last = (thread, now)
      let observer = inside.observer(thread, at: now)
      if let answered = observer.burst.lastAnswered, now - answered >= pause, now - answered < Burst.longestWindow {
        inside.busyUntil = now + Self.silence
        if let activity = observer.activity, let before = observer.before { return (nil, (activity, before), isAlone) }
      }
      return (observer.burst.asks(at: now, pause: pause), nil, isAlone)
    }
    if !isAlone { meet(now) }
    if let bounds { return bounds }
    let hasOnlyCalled = doubt.map { Self.hasOnlyCalled(since: $0.before, $0.activity, pause) } ?? false
    return inside.withLock { inside in
      let observer = inside.observer(thread, at: now)
      if hasOnlyCalled { observer.burst.wasHeldUp(until: now) }
      return observer.burst.asks(at: now, pause: pause)
    }
  }

  /// Returns whether a thread did nothing since it was answered except run until it called again.
  private static func hasOnlyCalled(
    since before: ThreadActivity, _ activity: any Activity, _ pause: Duration
  ) -> Bool {
    // The pause is a third of the shortest answer of S3: its running time is less than that, too.
    guard let now = activity.ofSleeping(), now.hasOnlyRun(since: before, lessThan: pause * 2) else { return false }
    // It is about to sleep a little before the kernel counts how long it ran.
    return activity.ofSleeping() == now
  }

  /// Records that the thread is about to be answered. Called before the answer: what the thread does next must not
  /// count as a part of it.
  func isAnswered(_ thread: Int32, at now: Instant = .now) {
    let (isBusy, known) = inside.withLock { inside -> (Bool, (any Activity)?) in
      guard let observer = inside.observers[thread] else { return (false, nil) }
      if let until = inside.busyUntil, now < until {
        if observer.activity == nil { inside.makeRoomForFiles() }
        return (true, observer.activity)
      }
      observer.before = nil
      observer.burst.isAnswered(at: now)
      return (false, nil)
    }
    guard isBusy else { return }
    let activity = known ?? activity(thread)
    // If it does not sleep yet, it seems to run longer until its next call: at worst that counts as a pause.
    let before = activity?.now()
    inside.withLock { inside in
      guard let observer = inside.observers[thread] else { return }
      // A thread that has ended has left its number to another.
      observer.activity = before == nil ? nil : activity
      observer.before = before
      observer.burst.isAnswered(at: now)
    }
  }
}
