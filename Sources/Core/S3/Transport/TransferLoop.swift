import CCurl
import Glibc
import Synchronization

/// The I/O thread: one libcurl multi handle that drives every transfer, and the inbox through which others reach it.
///
/// Only the thread touches the multi and easy handles. Others append to the inbox and wake it; `curl_multi_wakeup` is
/// the one libcurl call that any thread may make, and it is made under the inbox's lock, so that it never meets a
/// handle that the thread has freed.
final class TransferLoop: Sendable {
  private enum Command: Sendable {
    case start(Transfer)
    case cancel(Transfer)
  }

  private struct Inbox {
    var commands: [Command] = []
    var isStopping = false
    /// nil before the thread runs and after it has ended.
    var multi: Multi?
  }

  /// A libcurl multi handle. `@unchecked Sendable`: used by the I/O thread, and by others for `curl_multi_wakeup` only.
  private struct Multi: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  /// curl_global_init, once for the process.
  private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let inbox = Mutex(Inbox())
  private let options: ConnectionOptions
  private let maxConnections: Int

  init(options: ConnectionOptions, maxConnections: Int) {
    self.options = options
    self.maxConnections = maxConnections
  }

  // MARK: From any thread

  /// Starts the thread. False when libcurl or the system refuses.
  func run() -> Bool {
    guard Self.isCurlReady, let pointer = curl_multi_init() else { return false }
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

  /// Ends the thread; what is in flight fails as cancelled.
  func stop() {
    inbox.withLock { inbox in
      inbox.isStopping = true
      if let multi = inbox.multi { curl_multi_wakeup(multi.pointer) }
    }
  }

  private func post(_ command: Command) -> Bool {
    inbox.withLock { inbox in
      guard let multi = inbox.multi, !inbox.isStopping else { return false }
      inbox.commands.append(command)
      // A wake-up is on its way already when the inbox was not empty.
      if inbox.commands.count == 1 { curl_multi_wakeup(multi.pointer) }
      return true
    }
  }

  // MARK: On the I/O thread

  private func loop() {
    guard let multi = inbox.withLock({ $0.multi })?.pointer else { return }
    // Signals are for the program's own threads; and SIGPIPE, which a connection that breaks in TLS may raise, is
    // then only an error of write(2).
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    var transfers = ActiveTransfers(multi: multi, options: options, limit: maxConnections)
    while true {
      let (commands, isStopping) = inbox.withLock { inbox in
        defer { inbox.commands.removeAll(keepingCapacity: true) }
        return (inbox.commands, inbox.isStopping)
      }
      for command in commands {
        switch command {
        case .start(let transfer): transfers.enqueue(transfer)
        case .cancel(let transfer): transfers.cancel(transfer)
        }
      }
      if isStopping { break }
      transfers.perform()
      // libcurl wakes up by itself for its own time-outs; the bound is for transfers that wait for a connection.
      curl_multi_poll(multi, nil, 0, transfers.hasWaiting ? 200 : 60_000, nil)
    }
    inbox.withLock { $0.multi = nil }
    transfers.endAll()
    curl_multi_cleanup(multi)
  }
}
