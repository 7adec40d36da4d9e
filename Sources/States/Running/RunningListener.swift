import Basics
import Glibc
import Synchronization

/// Answers commands of the same user on a socket.
///
/// One thread accepts, and one serves each connection: requests are few, and may wait for S3.
package final class RunningListener: Sendable {
  private let descriptor: Int32
  private let path: String
  private let answer: @Sendable (RunningRequest) async -> [UnsavedFile]
  private let hasEnded = Atomic<Bool>(false)

  /// Returns `nil` without a socket or a private directory; then commands do not find this process.
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
      // The deinitializer runs, and must not shut down what has the socket's number by then.
      hasEnded.store(true, ordering: .relaxed)
      return nil
    }
    // The accepting thread closes the socket: closed elsewhere, its number could belong to another socket already.
    let hasStarted = Thread.detach(name: "commands") { [weak self] in
      defer { close(listening) }
      while true {
        let client = accept(listening, nil, nil)
        if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard client >= 0 else { return }
        guard let listener = self else {
          close(client)
          return
        }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        let connection = LocalSocket(client)
        Thread.detach(name: "command") { listener.serve(connection) }
      }
    }
    guard hasStarted else {
      close(listening)
      FileAccess.remove(path)
      hasEnded.store(true, ordering: .relaxed)
      return nil
    }
  }

  /// Removes the socket's name, and stops accepting.
  package func end() {
    guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
    FileAccess.remove(path)
    // Wakes the thread, which ends.
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  deinit { end() }

  private func serve(_ connection: LocalSocket) {
    guard connection.peer?.user == getuid() else { return }
    while let json = connection.receive(patience: .seconds(600)), let request = RunningRequest(json) {
      let reply = OneShot<[UnsavedFile]>()
      let answer = answer
      Task { reply.set(await answer(request)) }
      var unsaved = reply.wait(atMost: .seconds(1))
      while unsaved == nil {
        guard connection.send(RunningReply.working) else { return }
        unsaved = reply.wait(atMost: .seconds(1))
      }
      guard connection.send(RunningReply(process: getpid(), unsaved: unsaved ?? []).json) else { return }
    }
  }
}
