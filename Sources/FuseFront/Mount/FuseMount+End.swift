internal import Basics
internal import CFuse3
internal import Dispatch
private import Glibc
private import Logging
private import Synchronization

extension FuseMount {
  /// Unmounts, waits for requests in flight, and frees the session. Blocks the calling thread.
  ///
  /// The order matters: the kernel writes back what programs changed through mmap(2), and unmounts, while the loop
  /// still runs, so that a busy mount's programs get answers until the end. A busy mount is detached: it is removed
  /// from the tree at once, and processes that are still in it get errors from then on.
  ///
  /// - Parameter deadline: how long requests in flight may take. If it passes, the session is not freed; the process's
  ///   end frees it.
  public func end(deadline: Duration = .seconds(30)) {
    let (session, loop, isFirst) = state.withLock { state in
      defer { state.isEnding = true }
      return (state.session, state.loop, !state.isEnding)
    }
    guard isFirst, let session else { return }
    let end = ContinuousClock.now + deadline
    // First, because its own calls could keep the mount busy.
    context.notifier.stop(atMost: .seconds(2))
    writeBack(atMost: min(deadline, Self.longestWriteBack))
    let wasBusy = !unmount(session)
    // Programs may still be inside close(2), whose upload must finish and be answered.
    var isIdle = context.inFlight.waitUntilIdle(atMost: end - .now)
    if wasBusy && isIdle {
      // A process that waited for that answer may have a next step, such as the close after a shell's redirection.
      usleep(Self.lastMoment)
      isIdle = context.inFlight.waitUntilIdle(atMost: end - .now)
    }
    fuse_session_exit(session.pointer)
    if let loop { stop(loop) }
    guard context.inFlight.waitUntilIdle(atMost: isIdle ? .seconds(5) : .zero),
      context.invalidation.stop(atMost: .seconds(2))
    else {
      log.warning("\(context.inFlight.current) requests were still in flight at the end")
      return
    }
    context.session = nil
    fuse_session_destroy(session.pointer)
  }

  /// Makes the kernel write back what programs have changed through mmap(2) and not synchronised: a busy mount is
  /// detached with these pages, which only the kernel knows of.
  ///
  /// By sync(1), because syncfs(2) waits for our own answers: a thread of ours in it could not be killed, and while it
  /// waits, the kernel does not see that nobody answers any more.
  private func writeBack(atMost limit: Duration) {
    guard isMounted,
      case .success(let child) = ChildProcess.spawn(["sync", "-f", path], redirect: ChildProcess.silence)
    else { return }
    context.writingBack.store(child, ordering: .relaxed)
    let hasEnded = DispatchSemaphore(value: 0)
    Thread.detach(name: "write-back") {
      ChildProcess.wait(for: child)
      hasEnded.signal()
    }
    guard !hasEnded.wait(atMost: limit) else { return }
    kill(child, SIGKILL)
    log.warning("the kernel has not written back all pages of \(path)")
  }

  /// Unmounted from outside, another mount may be at the path.
  private var isMounted: Bool { MountTable.current().row(at: path)?.isOurs ?? false }

  /// Detaches the mount without waiting for anything, because the process is about to end by force.
  public func abandon() {
    if isMounted { _ = Unmounting.unmount(path, lazily: true) }
  }

  /// Wakes the loop, which waits in sem_wait(3), by a signal. Sends it again in case it came just before the wait.
  private func stop(_ loop: Thread) {
    var hasEnded = false
    while !hasEnded {
      loop.interrupt(with: Self.wakeUpSignal)
      hasEnded = loopHasEnded.wait(atMost: .milliseconds(100))
    }
    loop.join()
  }

  /// Pages go to our memory or disk: nothing in it waits for S3.
  private static let longestWriteBack = Duration.seconds(5)
  /// In microseconds.
  private static let lastMoment: useconds_t = 100_000

  /// Returns false if the mount was busy, and is at best detached.
  private func unmount(_ session: KernelSession) -> Bool {
    guard fuse_session_exited(session.pointer) == 0, isMounted else { return true }
    if Unmounting.unmount(path, lazily: false) { return true }
    let holders = MountHolders.description(of: MountHolders.running(), holding: path)
    let note = holders.isEmpty ? "" : ", held by \(holders)"
    if Unmounting.unmount(path, lazily: true) {
      log.notice("\(path) was busy\(note): detached; further accesses fail")
    } else {
      log.error("\(path) could not be unmounted\(note): run `fusermount3 -uz \(ShellWord.quoted(path))`")
    }
    return false
  }
}
