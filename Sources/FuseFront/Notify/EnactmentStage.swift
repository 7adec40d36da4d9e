internal import CFuse3
internal import Core
private import Synchronization

/// What the notifying thread is doing on its own mount just now, so that the callbacks know its requests.
///
/// A request is the thread's when the kernel gives its thread number, which nobody else can have while it runs. Even
/// then it is only let do what was announced here; anything else of it is refused, so that nothing ever reaches S3.
final class EnactmentStage: Sendable {
  /// One change, to be done as if it were made here.
  struct Scene: Sendable {
    var change: ObjectChange
    /// The directory that the change is in, and the way to it.
    var directory: ObjectPath
    var steps: [PathStep]
    var name: String
  }

  private struct State: Sendable {
    var scene: Scene?
    var probe: String?
    var wasRecognised = false
  }

  /// The handle of files that the thread opens: Core has none of it.
  static let handle = UInt64.max

  private let thread = Atomic<Int32>(0)
  private let state = Mutex(State())

  /// The calling thread is the one from now on.
  func enter() { thread.store(cfuse_thread_id(), ordering: .releasing) }
  func leave() { thread.store(0, ordering: .releasing) }

  /// Returns whether `callerThread`, as the kernel gives it with a request, is the announced thread.
  func isOwn(callerThread: Int32) -> Bool {
    let thread = thread.load(ordering: .acquiring)
    return thread != 0 && callerThread == thread
  }

  var scene: Scene? {
    get { state.withLock { $0.scene } }
    set { state.withLock { $0.scene = newValue } }
  }

  // MARK: Whether requests are recognised at all

  /// A name that nobody else looks up: whether its lookup is seen to come from this thread is told by `endProbe`. In
  /// another pid namespace than the mount's it is not.
  func beginProbe(_ name: String) { state.withLock { $0.probe = name } }

  func noteLookup(_ name: String) {
    state.withLock { if $0.probe == name { $0.wasRecognised = true } }
  }

  func endProbe() -> Bool {
    state.withLock { state in
      state.probe = nil
      return state.wasRecognised
    }
  }
}
