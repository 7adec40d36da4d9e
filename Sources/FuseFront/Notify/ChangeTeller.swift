internal import Basics
internal import CFuse3
internal import Core
internal import Dispatch
private import Glibc
internal import Logging
private import Synchronization

/// The thread that does changes of others over again on the mount, for the kernel to tell of them.
///
/// It has a descriptor table of its own, without /dev/fuse. Otherwise it would keep the connection open when the process
/// is killed while it waits for an answer that will never come, and neither could end. A thread shares its table with
/// the threads that it starts: so nothing here may start one. No Task is made, cancelled or resumed, nothing is handed
/// to a dispatch queue, and no object that owns a descriptor is let go of.
final class ChangeTeller: Sendable {
  /// A name that the kernel has cached otherwise is tried again so often, after so long.
  private static let mostAttempts = 8
  private static let patience = Duration.milliseconds(20)

  private struct State: Sendable {
    var pending = PendingChanges()
    var hasStarted = false
    var isOver = false
  }

  let stage = EnactmentStage()
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

  /// It cannot tell, or shall not any more.
  var isOver: Bool { state.withLock { $0.isOver } }

  func start(at mountPath: String, device: UInt32) {
    state.withLock { $0.hasStarted = true }
    let enactor = Enactor(fileSystem: fileSystem, stage: stage, mountPath: mountPath, device: device)
    let thread = Thread(name: "fuse-notify") { [self] in
      run(enactor)
      state.withLock { $0.isOver = true }
      hasEnded.signal()
    }
    thread?.detach()
    if thread == nil { state.withLock { $0 = State(isOver: true) } }
  }

  /// False if the thread is still inside the kernel after `duration`. It touches nothing of the session's.
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
    if lost > 0 { log.warning("\(lost) changes by others were too many at once for inotify") }
    wake.signal()
  }

  // MARK: The thread

  private func run(_ enactor: Enactor) {
    guard cfuse_unshare_descriptors() == 0 else {
      return log.info("inotify is not told of changes by others: the kernel is older than 5.9")
    }
    stage.enter()
    defer { stage.leave() }
    wake.wait()
    guard !isOver else { return }
    guard probe(enactor.mountPath) else {
      return log.notice("inotify is not told of changes by others: the mount is in another pid namespace")
    }
    while !isOver {
      if !tellPending(enactor) { wake.wait() }
    }
  }

  /// Whether the mount sees this thread's requests as this thread's. Asks nothing of S3 if it does.
  private func probe(_ mountPath: String) -> Bool {
    let name = ".localstackmount-\(UInt64.random(in: .min ... .max))"
    stage.beginProbe(name)
    _ = access("\(mountPath)/\(name)", F_OK)
    return stage.endProbe()
  }

  /// False if there was nothing to tell.
  private func tellPending(_ enactor: Enactor) -> Bool {
    let batch = state.withLock { $0.isOver ? nil : $0.pending.takeBatch() }
    guard let (directory, changes) = batch else { return false }
    var again: [(change: ObjectChange, attempts: Int)] = []
    enactor.enact(changes.map(\.change), in: directory) { index, outcome in
      switch outcome {
      case .nameIsCached: again.append(changes[index])
      case .refused(let reason): report(reason, directory)
      case .told, .unreachable: break
      }
    }
    if !again.isEmpty { retry(again, in: directory) }
    return true
  }

  /// Once the kernel has dropped the names.
  private func retry(_ changes: [(change: ObjectChange, attempts: Int)], in directory: ObjectPath) {
    guard let parent = fileSystem.inode(at: directory) else { return }
    for (change, attempts) in changes where attempts < Self.mostAttempts {
      guard let name = fileSystem.name(of: change) else { continue }
      invalidation.entryChanged(name, in: parent)
      state.withLock { $0.pending.putBack(change, in: directory, attempts: attempts + 1) }
    }
    _ = wake.wait(atMost: Self.patience)
  }

  private func report(_ reason: Int32, _ directory: ObjectPath) {
    let message = "inotify cannot be told of changes by others in \(directory): \(String(cString: strerror(reason)))"
    if refusals.withLock({ $0.admits(message, at: .now) }) { log.info("\(message)") }
  }
}
