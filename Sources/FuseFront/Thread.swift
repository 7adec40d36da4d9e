internal import CFuse3
internal import Glibc

/// A pthread that runs one closure. For what blocks: the FUSE loop, and the kernel's notifications.
///
/// `@unchecked Sendable`: the pthread_t is written once, before anyone else has the object.
final class Thread: @unchecked Sendable {
  private var identifier = pthread_t()

  /// Nil if the system has no thread left.
  init?(name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(name: name, run: body))
    let failure = pthread_create(
      &identifier, nil,
      { argument in
        let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        cfuse_name_thread(body.name)
        body.run()
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      return nil
    }
  }

  /// Nobody joins it: the system forgets it when it ends. Neither `join` nor `interrupt` afterwards.
  func detach() { pthread_detach(identifier) }
  func join() { pthread_join(identifier, nil) }
  func interrupt(with signal: Int32) { pthread_kill(identifier, signal) }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      // The kernel keeps 15 bytes of a thread's name.
      self.name = String(name.prefix(15))
      self.run = run
    }
  }
}
