import Glibc

/// A named pthread that runs one closure, for work that blocks: Swift's pool has few threads.
///
/// `@unchecked Sendable`: the pthread_t is written once, before other threads have the object.
package final class Thread: @unchecked Sendable {
  private var identifier = pthread_t()

  /// Starts the thread. Returns `nil` if the system has no thread left.
  /// - Parameter name: as `ps -L` and debuggers show it; the kernel keeps 15 bytes.
  package init?(name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(name: name, run: body))
    let failure = pthread_create(
      &identifier, nil,
      { argument in
        let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        Thread.setName(body.name)
        body.run()
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      return nil
    }
  }

  /// Starts a thread that is never joined. Returns false if the system has no thread left.
  @discardableResult
  package static func detach(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = Thread(name: name, body) else { return false }
    thread.detach()
    return true
  }

  /// Lets the system free the thread when it ends. Call neither `join` nor `interrupt` afterwards.
  package func detach() { pthread_detach(identifier) }
  package func join() { pthread_join(identifier, nil) }
  package func interrupt(with signal: Int32) { pthread_kill(identifier, signal) }

  /// Names the calling thread. pthread_setname_np(3) needs _GNU_SOURCE, which Glibc's module does not have.
  private static func setName(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = name.withCString { write(file, $0, min(strlen($0), 15)) }
    close(file)
  }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}
