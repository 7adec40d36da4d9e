internal import CFuse3
internal import Core
private import Synchronization

/// The current replay of the thread on the mount, so that the callbacks recognize its requests.
///
/// A request is the thread's if the kernel gives its thread number, which no other thread can have while it runs. Even
/// then only the announced change is allowed and anything else refused, so that nothing ever reaches S3.
final class ReplayStage: Sendable {
  /// One change to replay.
  struct Scene: Sendable {
    var change: ObjectChange
    /// The directory that the change is in, and the path to it.
    var directory: ObjectPath
    var steps: [PathStep]
    var name: String
  }

  private struct State: Sendable {
    var scene: Scene?
    var probe: String?
    var wasRecognised = false
  }

  /// The handle of files that the thread opens, which Core does not know.
  static let handle = UInt64.max

  private let thread = Atomic<Int32>(0)
  private let state = Mutex(State())

  /// Makes the calling thread the replaying one.
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

  /// Announces a name that no other process looks up; `endProbe` returns whether its lookup was recognized as this
  /// thread's. In another pid namespace than the mount's it is not.
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
