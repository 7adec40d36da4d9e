/// Sends HTTP requests through libcurl, on a thread of its own. Ends that thread when it is released.
final class CurlTransport: Sendable {
  private let loop: TransferLoop

  init(options: ConnectionOptions, maxConnections: Int) throws(TransportFailure) {
    loop = TransferLoop(options: options, maxConnections: maxConnections)
    guard loop.run() else { throw TransportFailure(kind: .unreachable, message: "libcurl could not be started") }
  }

  var executor: any TaskExecutor { loop }

  deinit { loop.stop() }

  /// Sends a request and waits for the whole answer, or for as much of it as `receiver` accepts. When the task is
  /// cancelled, the transfer ends at once and `.cancelled` is thrown.
  func send(_ request: HTTPRequest, receiver: (any ResponseReceiver)? = nil) async throws(TransportFailure)
    -> HTTPResponse
  {
    let pending = PendingTransfer()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<HTTPResponse, TransportFailure>, Never>) in
        let transfer = Transfer(request, receiver: receiver) { continuation.resume(returning: $0) }
        if pending.hold(transfer) { loop.start(transfer) } else { transfer.fail(.cancelled) }
      }
    } onCancel: {
      if let transfer = pending.cancel() { loop.cancel(transfer) }
    }
    return try result.get()
  }
}
