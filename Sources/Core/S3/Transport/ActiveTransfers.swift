import CCurl
import Synchronization

/// The I/O thread's own state: the queue, the transfers in flight, and the free handles.
struct ActiveTransfers {
  private let multi: UnsafeMutableRawPointer
  private let options: ConnectionOptions
  private var queue: AdmissionQueue<Transfer>
  private var running: [UnsafeMutableRawPointer: EasyHandle] = [:]
  private var idle: [EasyHandle] = []

  init(multi: UnsafeMutableRawPointer, options: ConnectionOptions, limit: Int) {
    self.multi = multi
    self.options = options
    queue = AdmissionQueue(limit: limit)
  }

  var hasWaiting: Bool { !queue.isEmpty }

  mutating func enqueue(_ transfer: Transfer) { queue.append(transfer, isBulk: transfer.request.limits.isBulk) }

  mutating func cancel(_ transfer: Transfer) {
    for waiting in queue.removeAll(where: { $0 === transfer }) { waiting.fail(.cancelled) }
    if let handle = running.values.first(where: { $0.transfer === transfer }) { release(handle)?.fail(.cancelled) }
  }

  /// Starts the transfers that may start, runs libcurl, and completes finished transfers, until nothing more can be
  /// done at once.
  mutating func perform() {
    expireWaiting()
    repeat {
      startWaiting()
      var count: Int32 = 0
      curl_multi_perform(multi, &count)
    } while completeFinished() && !queue.isEmpty
  }

  /// Fails everything, and frees the handles.
  mutating func endAll() {
    for transfer in queue.removeAll(where: { _ in true }) { transfer.fail(.cancelled) }
    for handle in Array(running.values) { release(handle)?.fail(.cancelled) }
    idle.removeAll()
  }

  private mutating func startWaiting() {
    while let transfer = queue.next() {
      guard !transfer.isCancelled.load(ordering: .relaxed) else {
        queue.release(isBulk: transfer.request.limits.isBulk)
        transfer.fail(.cancelled)
        continue
      }
      guard let handle = idle.popLast() ?? EasyHandle(options) else {
        queue.release(isBulk: transfer.request.limits.isBulk)
        transfer.fail(TransportFailure(kind: .unreachable, message: "libcurl has no handle to give"))
        continue
      }
      handle.prepare(transfer)
      running[handle.curl] = handle
      curl_multi_add_handle(multi, handle.curl)
    }
  }

  /// Completes finished transfers. Returns true when there was at least one.
  private mutating func completeFinished() -> Bool {
    var left: Int32 = 0
    var any = false
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let curl = message.pointee.easy_handle, let handle = running[curl]
      else { continue }
      // Read before the handle leaves the multi: that frees the message.
      let code = ccurl_message_result(message)
      let failure = code == CURLE_OK ? nil : handle.failure(for: code)
      release(handle)?.finish(failure)
      any = true
    }
    return any
  }

  private mutating func release(_ handle: EasyHandle) -> Transfer? {
    curl_multi_remove_handle(multi, handle.curl)
    running[handle.curl] = nil
    idle.append(handle)
    let transfer = handle.reset()
    if let transfer { queue.release(isBulk: transfer.request.limits.isBulk) }
    return transfer
  }

  /// Fails queued transfers that found no free connection within their limit, as timed out, as if they had been sent.
  private mutating func expireWaiting() {
    guard !queue.isEmpty else { return }
    let now = ContinuousClock.now
    let expired = queue.removeAll { now - $0.submitted > ($0.request.limits.total ?? $0.request.limits.stall) }
    for transfer in expired {
      transfer.fail(TransportFailure(kind: .timedOut, message: "no connection became free in time"))
    }
  }
}

extension TransportFailure {
  static let cancelled = TransportFailure(kind: .cancelled, message: "cancelled")
}
