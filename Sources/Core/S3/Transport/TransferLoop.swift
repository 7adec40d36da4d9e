import CCurl
import Glibc
import Synchronization

/// The I/O thread: one libcurl multi handle that runs every transfer, and the inbox for other threads.
///
/// It is also a task executor: a task that runs here continues as soon as its answer is there, where it would have to
/// wake another thread, and be woken by it, for each request. Its jobs delay all transfers, so they must be short.
///
/// Only the thread uses the multi and easy handles. Others append to the inbox and, if the thread sleeps, wake it by a
/// descriptor of ours: not with `curl_multi_wakeup`, which must not be called with a handle that the thread has freed,
/// and so would have to be called with the inbox locked, for which the woken thread would have to wait.
final class TransferLoop: TaskExecutor {
  private enum Command: Sendable {
    case start(Transfer)
    case cancel(Transfer)
    case run(UnownedJob)
  }

  private struct Inbox {
    var commands: [Command] = []
    var isStopping = false
    /// nil before the thread runs and after it has ended.
    var multi: Multi?
    /// Whether the thread is about to wait, or waits, and has not been woken yet.
    var isAsleep = false

    /// Returns whether the thread must be woken; true only once.
    mutating func takeAlarm() -> Bool {
      defer { isAsleep = false }
      return isAsleep
    }
  }

  /// A libcurl multi handle. `@unchecked Sendable`: after `run` has created it, used by the I/O thread alone.
  private struct Multi: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  /// curl_global_init, once for the process. It uses libcrypto, which is therefore started before.
  private static let isCurlReady = CryptoLibrary.start() && curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let inbox = Mutex(Inbox())
  private let options: ConnectionOptions
  private let maxConnections: Int
  /// Lives as long as the loop, which its callers retain.
  private let alarm = Alarm()

  init(options: ConnectionOptions, maxConnections: Int) {
    self.options = options
    self.maxConnections = maxConnections
  }

  // MARK: From any thread

  /// Starts the thread. Returns false when libcurl or the system refuses.
  func run() -> Bool {
    guard Self.isCurlReady, alarm.isUsable, let pointer = curl_multi_init() else { return false }
    ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maxConnections)
    inbox.withLock { $0.multi = Multi(pointer: pointer) }
    var thread = pthread_t()
    // Retained for the thread, which consumes it.
    let context = Unmanaged.passRetained(self).toOpaque()
    let started = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().loop()
        return nil
      }, context)
    guard started == 0 else {
      Unmanaged<TransferLoop>.fromOpaque(context).release()
      inbox.withLock { $0.multi = nil }
      curl_multi_cleanup(pointer)
      return false
    }
    pthread_detach(thread)
    return true
  }

  func start(_ transfer: Transfer) {
    if !post(.start(transfer)) {
      transfer.fail(TransportFailure(kind: .cancelled, message: "the S3 client is shut down"))
    }
  }

  func cancel(_ transfer: Transfer) {
    transfer.isCancelled.store(true, ordering: .relaxed)
    _ = post(.cancel(transfer))
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if !post(.run(job)) { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
  }

  /// Ends the thread; transfers in flight fail as cancelled.
  func stop() {
    let wakes = inbox.withLock { inbox in
      inbox.isStopping = true
      return inbox.takeAlarm()
    }
    if wakes { alarm.ring() }
  }

  private func post(_ command: Command) -> Bool {
    let (isTaken, wakes) = inbox.withLock { inbox in
      guard inbox.multi != nil, !inbox.isStopping else { return (false, false) }
      inbox.commands.append(command)
      return (true, inbox.takeAlarm())
    }
    if wakes { alarm.ring() }
    return isTaken
  }

  // MARK: On the I/O thread

  private func loop() {
    guard let multi = inbox.withLock({ $0.multi })?.pointer else { return }
    // Signals are for the program's own threads; and SIGPIPE, which a connection that breaks in TLS may raise, is then
    // only an error of write(2).
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    var transfers = ActiveTransfers(multi: multi, options: options, limit: maxConnections)
    var commands: [Command] = []
    while !takeCommands(&commands) {
      for command in commands {
        switch command {
        case .start(let transfer): transfers.enqueue(transfer)
        case .cancel(let transfer): transfers.cancel(transfer)
        case .run(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        }
      }
      transfers.perform()
      if mayFallAsleep() { sleep(multi, hasWaiting: transfers.hasWaiting) }
    }
    inbox.withLock { $0.multi = nil }
    for command in commands {
      switch command {
      case .start(let transfer): transfers.enqueue(transfer)
      case .cancel: break
      case .run(let job): globalConcurrentExecutor.enqueue(ExecutorJob(job))
      }
    }
    transfers.endAll()
    curl_multi_cleanup(multi)
  }

  /// Replaces `commands` by the new ones. Returns true when this is the end.
  private func takeCommands(_ commands: inout [Command]) -> Bool {
    commands.removeAll(keepingCapacity: true)
    return inbox.withLock { inbox in
      swap(&commands, &inbox.commands)
      inbox.isAsleep = false
      return inbox.isStopping
    }
  }

  /// Returns false when a command has arrived meanwhile.
  private func mayFallAsleep() -> Bool {
    inbox.withLock { inbox in
      inbox.isAsleep = inbox.commands.isEmpty && !inbox.isStopping
      return inbox.isAsleep
    }
  }

  private func sleep(_ multi: UnsafeMutableRawPointer, hasWaiting: Bool) {
    var entry = curl_waitfd(fd: alarm.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
    // libcurl wakes up automatically for its own time-outs; the limit is for transfers that wait for a connection.
    curl_multi_poll(multi, &entry, 1, hasWaiting ? 200 : 60_000, nil)
    if entry.revents != 0 { alarm.silence() }
  }
}
