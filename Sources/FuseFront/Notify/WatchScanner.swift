internal import Basics
private import CFuse3
internal import Core
internal import Dispatch
private import Glibc
internal import Logging
private import Synchronization

/// Finds the directories of the mount that processes watch by inotify, and follows external changes in them: those of
/// other S3 clients and of the gateway.
///
/// A thread scans /proc for watches and subscribes to the watched directories; `InotifyThread` replays the changes
/// there. It scans only after requests to the mount, and follows only what is watched: an idle mount costs nothing.
final class WatchScanner: Sendable {
  /// The limit of watched directories that are followed.
  static let mostFollowed = 256
  /// With `recent`: how many of the directories listed last to follow, and for how long.
  static let mostRecent = 32
  static let recently = Duration.seconds(60)

  private struct State: Sendable {
    var followed: [ObjectPath: Task<Void, Never>] = [:]
    var listed: [ObjectPath: ContinuousClock.Instant] = [:]
    var hasStarted = false
    var isOver = false
  }

  private let inotify: InotifyThread
  private let mode: FuseOptions.Notify
  private let fileSystem: FileSystem
  private let log: Logger
  private let state = Mutex(State())
  private let hasActivity = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)

  init(_ mode: FuseOptions.Notify, fileSystem: FileSystem, invalidation: KernelInvalidation, log: Logger) {
    self.mode = mode
    self.fileSystem = fileSystem
    self.log = log
    inotify = InotifyThread(fileSystem: fileSystem, invalidation: invalidation, log: log)
  }

  var stage: ReplayStage { inotify.stage }

  /// Starts both threads. The mount must answer already.
  func start(at mountPath: String) {
    guard mode != .off, let table = ProcFile.contents("/proc/self/mountinfo"),
      let device = MountTable.device(at: mountPath, in: table)
    else { return }
    inotify.start(at: mountPath, device: device)
    state.withLock { $0.hasStarted = true }
    let thread = Thread(name: "fuse-watches") { [self] in
      lookForWatches(onDevice: device)
      hasEnded.signal()
    }
    thread?.detach()
    if thread == nil { state.withLock { $0.hasStarted = false } }
  }

  /// Ends both threads; abandons a thread that is still inside the kernel after `duration`. It does not touch the
  /// session.
  func stop(atMost duration: Duration) {
    let end = ContinuousClock.now + duration
    let hasStarted = state.withLock { state in
      state.isOver = true
      return state.hasStarted
    }
    wake.signal()
    follow([])
    inotify.stop(atMost: duration)
    if hasStarted { _ = hasEnded.wait(atMost: end - .now) }
  }

  // MARK: Called by the operations

  /// Notes a lookup or getattr, which precede a new watch. Costs almost nothing.
  func noteActivity() {
    guard mode != .off, !hasActivity.load(ordering: .relaxed) else { return }
    if !hasActivity.exchange(true, ordering: .relaxed) { wake.signal() }
  }

  /// Notes that a directory was opened to be listed.
  func noteListing(of inode: InodeNumber) {
    noteActivity()
    guard mode == .recent, let directory = fileSystem.kernelView.watchedDirectory(of: inode) else { return }
    state.withLock { state in
      state.listed[directory] = .now
      guard state.listed.count > Self.mostRecent else { return }
      if let oldest = state.listed.min(by: { $0.value < $1.value })?.key { state.listed[oldest] = nil }
    }
  }

  // MARK: The thread

  private func lookForWatches(onDevice device: UInt32) {
    var pace = ScanPace(ttl: fileSystem.pace, now: .now)
    while !state.withLock({ $0.isOver }) {
      let activity = hasActivity.load(ordering: .relaxed)
      guard let due = pace.due(now: .now, hasActivity: activity, isFollowing: isFollowing) else {
        wake.wait()
        continue
      }
      guard due <= .now else {
        _ = wake.wait(atMost: due - .now)
        continue
      }
      // Nothing can be replayed (the reason was logged), so nothing needs to be followed.
      guard !inotify.isOver else { return follow([]) }
      hasActivity.store(false, ordering: .relaxed)
      let (start, worked) = (ContinuousClock.now, ThreadTime.now)
      let wanted = directories(watchedOn: device)
      pace.looked(from: start, to: .now, work: ThreadTime.now - worked, hadActivity: activity)
      follow(wanted)
    }
  }

  private var isFollowing: Bool { state.withLock { !$0.followed.isEmpty } }

  private func directories(watchedOn device: UInt32) -> Set<ObjectPath> {
    var found = Set(
      KernelWatches.inodes(onDevice: device).compactMap { fileSystem.kernelView.watchedDirectory(of: $0) })
    guard mode == .recent else { return found }
    let oldest = ContinuousClock.now - Self.recently
    let listed = state.withLock { state in
      state.listed = state.listed.filter { $0.value > oldest }
      return Array(state.listed.keys)
    }
    found.formUnion(listed)
    return found
  }

  // MARK: Following

  /// Follows exactly these directories.
  private func follow(_ wanted: Set<ObjectPath>) {
    let (ended, isTooMany) = state.withLock { state in
      let ended = state.followed.filter { state.isOver || !wanted.contains($0.key) }
      for directory in ended.keys { state.followed[directory] = nil }
      guard !state.isOver else { return (Array(ended.values), false) }
      let new = wanted.filter { state.followed[$0] == nil }
      for directory in new.prefix(Self.mostFollowed - state.followed.count) {
        state.followed[directory] = Task { [weak self] in await self?.follow(directory) }
      }
      return (Array(ended.values), wanted.count > Self.mostFollowed)
    }
    for task in ended { task.cancel() }
    if isTooMany {
      log.info(
        "\(wanted.count) directories are watched: only \(Self.mostFollowed) get events for external changes")
    }
  }

  private func follow(_ directory: ObjectPath) async {
    do throws(FileSystemError) {
      let subscription = try await fileSystem.kernelView.watchForKernel(directory)
      while !Task.isCancelled { replay(await subscription.nextAll(within: .seconds(3600)), in: directory) }
    } catch {
      // Retried at the next scan.
      state.withLock { if !Task.isCancelled { $0.followed[directory] = nil } }
    }
  }

  private func replay(_ events: [ChangeSubscription.Event], in directory: ObjectPath) {
    if events.contains(.overflow) {
      log.warning("events were lost: too many changes at once for inotify in \(directory)")
    }
    inotify.add(
      events.compactMap { event in
        // The kernel has emitted events for the mount's own changes already.
        guard case .change(let change) = event, change.origin != .mount else { return nil }
        return change
      }, in: directory)
  }
}

/// The processor time of the calling thread.
private enum ThreadTime {
  static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
