internal import Core
internal import Dispatch
internal import Logging
internal import Synchronization

/// The state that every callback of one mount needs. libfuse passes it with each request (its `userdata`).
final class FuseContext: Sendable {
  let fileSystem: FileSystem
  let inFlight = RequestsInFlight()
  let invalidation: KernelInvalidation
  let notifier: WatchScanner
  /// nil with a ttl: then answers do not depend on the caller.
  let observers: Observers?
  /// The threads that opened the files which may be written.
  let openers = Mutex<[FileHandle: Int32]>([:])
  /// Signalled by the kernel's INIT: from then on the mount answers.
  let isReady = DispatchSemaphore(value: 0)
  /// The mount's device, as in mountinfo; nil until it is mounted.
  let device = Mutex<String?>(nil)
  /// The process that makes the kernel write back at the end; 0 before.
  let writingBack = Atomic<Int32>(0)
  private let log: Logger
  private let currentSession = Mutex<KernelSession?>(nil)
  private let throttle = Mutex(LogThrottle())

  init(fileSystem: FileSystem, invalidation: KernelInvalidation, notifier: WatchScanner, log: Logger) {
    self.fileSystem = fileSystem
    self.invalidation = invalidation
    self.notifier = notifier
    observers =
      fileSystem.options.ttl == nil
      ? Observers(pause: { fileSystem.pause }, meet: { fileSystem.knowledge.observersMet(at: $0) }) : nil
    self.log = log
  }

  /// Returns whether a calling thread is the one that makes the kernel write back.
  func isWritingBack(_ thread: Int32) -> Bool { writingBack.load(ordering: .relaxed) == thread }

  /// The session, from its creation to its end.
  var session: KernelSession? {
    get { currentSession.withLock { $0 } }
    set { currentSession.withLock { $0 = newValue } }
  }

  /// Logs an error, at most once in ten seconds, if its message contains more than its errno ("Input/output error").
  func report(_ error: FileSystemError) {
    guard error.code.deservesLogLine else { return }
    guard throttle.withLock({ $0.admits(error.message, at: .now) }) else { return }
    log.warning("\(error.message)")
  }
}

extension FileSystemError.Code {
  /// Whether this is more than an ordinary answer, such as that a file does not exist, or (stale) that the kernel must
  /// walk a path again.
  fileprivate var deservesLogLine: Bool {
    switch self {
    case .accessDenied, .notPermitted, .invalidName, .preconditionFailed, .tooLarge, .unsupported, .noSpace,
      .noMemory, .timedOut, .ioFailure:
      true
    default: false
    }
  }
}

/// Admits each message once in ten seconds: with a dead endpoint every request fails with the same message.
struct LogThrottle {
  private static let pause = Duration.seconds(10)
  /// The limit of different messages; older ones are forgotten, which only repeats some.
  private static let capacity = 64
  private var admitted: [String: ContinuousClock.Instant] = [:]

  mutating func admits(_ message: String, at now: ContinuousClock.Instant) -> Bool {
    if let last = admitted[message], now - last < Self.pause { return false }
    if admitted.count >= Self.capacity { admitted.removeAll(keepingCapacity: true) }
    admitted[message] = now
    return true
  }
}
