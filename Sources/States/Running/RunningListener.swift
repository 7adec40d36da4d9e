import Dispatch
import Glibc
import Synchronization

/// Answers what commands of the same user ask this process, by a socket of its own.
///
/// One thread accepts, and one serves each connection: questions are few, and may wait for S3.
package final class RunningListener: Sendable {
  private let descriptor: Int32
  private let path: String
  private let answer: @Sendable (RunningRequest) async -> [UnsavedFile]
  private let hasEnded = Atomic<Bool>(false)

  /// nil where the system gives no socket, or no directory that is private; then commands do not find this process.
  package init?(
    _ sockets: RunningSockets, endpoint: String, answer: @escaping @Sendable (RunningRequest) async -> [UnsavedFile]
  ) {
    guard let (path, temporary) = sockets.newPaths(endpoint) else { return nil }
    sockets.removeStale()
    let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    descriptor = listening
    self.path = path
    self.answer = answer
    guard listening >= 0, LocalSocket.with(temporary, { bind(listening, $0, $1) }) == 0,
      chmod(temporary, 0o600) == 0, listen(listening, 64) == 0, rename(temporary, path) == 0
    else {
      if listening >= 0 { close(listening) }
      FileAccess.remove(temporary)
      return nil
    }
    Thread.detach { [weak self] in
      while true {
        let client = accept(listening, nil, nil)
        if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard client >= 0, let listener = self else { return }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        let connection = LocalSocket(client)
        Thread.detach { listener.serve(connection) }
      }
    }
  }

  /// Takes the name away, and accepts nobody any more.
  package func end() {
    guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
    FileAccess.remove(path)
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  deinit { end() }

  private func serve(_ connection: LocalSocket) {
    guard connection.peer?.user == getuid() else { return }
    while let json = connection.receive(patience: .seconds(600)), let request = RunningRequest(json) {
      let reply = Waiter<[UnsavedFile]>()
      let answer = answer
      Task { reply.set(await answer(request)) }
      var unsaved = reply.wait(.seconds(1))
      while unsaved == nil {
        guard connection.send(RunningReply.working) else { return }
        unsaved = reply.wait(.seconds(1))
      }
      guard connection.send(RunningReply(process: getpid(), unsaved: unsaved ?? []).json) else { return }
    }
  }
}

/// Leaves a Task's value to a thread that waits for it.
private final class Waiter<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  func set(_ value: Value) {
    self.value.withLock { $0 = value }
    isThere.signal()
  }

  /// nil if it has not come in time.
  func wait(_ timeout: Duration) -> Value? {
    let nanoseconds = Int(timeout / .nanoseconds(1))
    guard isThere.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    return value.withLock { $0 }
  }
}

/// Threads that may block for long, which those of Swift's pool must not.
private enum Thread {
  static func detach(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(run: body))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    if failure == 0 { pthread_detach(thread) } else { box.release() }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
