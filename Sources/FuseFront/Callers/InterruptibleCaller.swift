internal import CFuse3
private import Synchronization

/// Cancels a request's Task if its caller is being killed.
///
/// The kernel sends INTERRUPT once, for *any* signal: including the SIGCHLD of a shell and the SIGURG with which the Go
/// runtime preempts its threads many times a second. On a local disk none of these makes a file operation fail, nor
/// here: the request is cancelled only if the caller has a pending signal that ends it. As there is no second
/// INTERRUPT, such a caller is checked again periodically during its request.
final class InterruptibleCaller: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    var watcher: Task<Void, Never>?
    var isKilled = false
    var isFinished = false
  }

  private static let pause = Duration.milliseconds(100)
  private let thread: Int32
  private let state = Mutex(State())

  init(thread: Int32) { self.thread = thread }

  /// Registers with libfuse, which holds no reference: the request's Task keeps this object until it has replied.
  func watch(_ request: FuseRequest) {
    fuse_req_interrupt_func(
      request.pointer, { Unmanaged<InterruptibleCaller>.fromOpaque($1!).takeUnretainedValue().interrupted() },
      Unmanaged.passUnretained(self).toOpaque())
  }

  func cancelsWhenKilled(_ task: Task<Void, Never>) {
    let isKilled = state.withLock { state in
      if !state.isFinished { state.task = task }
      return state.isKilled
    }
    if isKilled { task.cancel() }
  }

  /// Stops watching: the request was replied to.
  func finish() {
    let watcher = state.withLock { state in
      defer { state = State(isFinished: true) }
      return state.watcher
    }
    watcher?.cancel()
  }

  private func interrupted() {
    if cancelIfKilled() { return }
    let watcher = Task { [weak self] in
      while (try? await Task.sleep(for: Self.pause)) != nil {
        guard let self, !self.cancelIfKilled() else { return }
      }
    }
    let isFinished = state.withLock { state in
      if !state.isFinished { state.watcher = watcher }
      return state.isFinished
    }
    if isFinished { watcher.cancel() }
  }

  private func cancelIfKilled() -> Bool {
    guard CallerSignals(thread: thread).areFatal else { return false }
    let task = state.withLock { state in
      state.isKilled = true
      return state.task
    }
    task?.cancel()
    return true
  }
}
