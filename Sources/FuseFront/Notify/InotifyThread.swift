internal import Basics
internal import CFuse3
internal import Core
internal import Dispatch
private import Glibc
internal import Logging
private import Synchronization

/// Replays external changes on the mount, on a thread of its own, so that the kernel emits inotify events.
///
/// The thread has its own descriptor table, without /dev/fuse. Otherwise it would keep the connection open if the process
/// is killed while the thread waits for an answer that will never come, and neither could end. A thread shares its table
/// with the threads that it starts, so nothing here may start one: do not create, cancel or resume a Task, do not use a
/// dispatch queue, and do not release an object that owns a descriptor.
final class InotifyThread: Sendable {
  /// How often, and after what pause, to retry a name that the kernel has cached differently.
  private static let mostAttempts = 8
  private static let patience = Duration.milliseconds(20)

  private struct State: Sendable {
    var pending = PendingChanges()
    var hasStarted = false
    var isOver = false
  }

  let stage = ReplayStage()
  private let fileSystem: FileSystem
  private let invalidation: KernelInvalidation
  private let log: Logger
  private let state = Mutex(State())
  private let refusals = Mutex(LogThrottle())
  private let wake = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)

  init(fileSystem: FileSystem, invalidation: KernelInvalidation, log: Logger) {
    self.fileSystem = fileSystem
    self.invalidation = invalidation
    self.log = log
  }

  /// Whether the thread has ended or is ending.
  var isOver: Bool { state.withLock { $0.isOver } }

  func start(at mountPath: String, device: UInt32) {
    state.withLock { $0.hasStarted = true }
    let replayer = ChangeReplayer(fileSystem: fileSystem, stage: stage, mountPath: mountPath, device: device)
    let thread = Thread(name: "fuse-notify") { [self] in
      run(replayer)
      state.withLock { $0.isOver = true }
      hasEnded.signal()
    }
    thread?.detach()
    if thread == nil { state.withLock { $0 = State(isOver: true) } }
  }

  /// Ends the thread. Returns false if it is still inside the kernel after `duration`; it does not touch the session.
  @discardableResult
  func stop(atMost duration: Duration) -> Bool {
    let hasStarted = state.withLock { state in
      state.isOver = true
      return state.hasStarted
    }
    wake.signal()
    return !hasStarted || hasEnded.wait(atMost: duration)
  }

  func add(_ changes: [ObjectChange], in directory: ObjectPath) {
    guard !changes.isEmpty else { return }
    let lost = state.withLock { state in
      for change in changes { state.pending.add(change, in: directory) }
      return state.pending.takeLost()
    }
    if lost > 0 { log.warning("\(lost) external changes were dropped: too many at once for inotify") }
    wake.signal()
  }

  // MARK: The thread

  private func run(_ replayer: ChangeReplayer) {
    guard cfuse_unshare_descriptors() == 0 else {
      return log.info("no inotify events for external changes: the kernel is older than 5.9")
    }
    stage.enter()
    defer { stage.leave() }
    wake.wait()
    guard !isOver else { return }
    guard probe(replayer.mountPath) else {
      return log.notice("no inotify events for external changes: the mount is in another pid namespace")
    }
    while !isOver {
      if !replayPending(replayer) { wake.wait() }
    }
  }

  /// Returns whether the mount recognizes this thread's requests. Costs no request to S3 if it does.
  private func probe(_ mountPath: String) -> Bool {
    let name = ".localstackmount-\(UInt64.random(in: .min ... .max))"
    stage.beginProbe(name)
    _ = access("\(mountPath)/\(name)", F_OK)
    return stage.endProbe()
  }

  /// Replays one batch. Returns false if there was none.
  private func replayPending(_ replayer: ChangeReplayer) -> Bool {
    let batch = state.withLock { $0.isOver ? nil : $0.pending.takeBatch() }
    guard let (directory, changes) = batch else { return false }
    var again: [(change: ObjectChange, attempts: Int)] = []
    replayer.replay(changes.map(\.change), in: directory) { index, outcome in
      switch outcome {
      case .nameIsCached: again.append(changes[index])
      case .refused(let reason): report(reason, directory)
      case .told, .unreachable: break
      }
    }
    if !again.isEmpty { retry(again, in: directory) }
    return true
  }

  /// Puts changes back, to replay them once the kernel has dropped the names.
  private func retry(_ changes: [(change: ObjectChange, attempts: Int)], in directory: ObjectPath) {
    guard let parent = fileSystem.kernelView.inode(at: directory) else { return }
    for (change, attempts) in changes where attempts < Self.mostAttempts {
      guard let name = fileSystem.kernelView.name(of: change) else { continue }
      invalidation.drop(name, in: parent)
      state.withLock { $0.pending.putBack(change, in: directory, attempts: attempts + 1) }
    }
    _ = wake.wait(atMost: Self.patience)
  }

  private func report(_ reason: Int32, _ directory: ObjectPath) {
    let message = "no inotify events for external changes in \(directory): \(String(cString: strerror(reason)))"
    if refusals.withLock({ $0.admits(message, at: .now) }) { log.info("\(message)") }
  }
}
