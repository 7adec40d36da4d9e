import CMicrohttpd
import Core
import Synchronization

/// One request on its connection: the shell around `ExchangeState`.
///
/// libmicrohttpd owns it from the request line to the completion callback. Its task runs the handler.
final class Exchange: Sendable {
  private struct Inside {
    var state: ExchangeState?
    var request: Request?
    var response: Response?
    var feed: ResponseFeed?
    var waiting: CheckedContinuation<Void, Never>?
    var task: Task<Void, Never>?
    var began: ContinuousClock.Instant?
    var client = ""
    var bytesIn: Int64 = 0
    var status = 0
    var aborted = false
  }

  /// A connection's pointer. libmicrohttpd keeps it valid while the request lives; it is used from other threads for
  /// `MHD_resume_connection` only, which may be called from any thread, and only while the connection is suspended.
  struct Connection: @unchecked Sendable {
    let pointer: OpaquePointer

    func suspend() { MHD_suspend_connection(pointer) }
    func resume() { MHD_resume_connection(pointer) }
  }

  let target: String
  private let connection: Connection
  private let handler: any ExchangeHandler
  private let inside = Mutex(Inside())

  init(target: String, connection: OpaquePointer, handler: any ExchangeHandler) {
    self.target = target
    self.connection = Connection(pointer: connection)
    self.handler = handler
  }

  // MARK: The access handler, on libmicrohttpd's thread

  /// Suspends under the lock that a task takes before it resumes, so that no resumption comes first.
  func called(method: @autoclosure () -> String) -> MHD_Result {
    let (step, response): (ExchangeState.Step, Response?) = inside.withLock { inside in
      if inside.aborted { return (.drop, nil) }
      if inside.state == nil { begin(&inside, method: method()) }
      guard let step = inside.state?.called() else { return (.drop, nil) }
      if step == .start || step == .suspend { connection.suspend() }
      if step == .start { startTask(&inside) }
      wakeIfReady(&inside)
      guard step == .answer else { return (step, nil) }
      defer { inside.response = nil }
      return (step, inside.response)
    }
    if let response { return queue(response) }
    return step == .drop ? .NO : .YES
  }

  func received(_ piece: UnsafeRawBufferPointer) -> MHD_Result {
    inside.withLock { inside in
      guard let step = inside.state?.received(piece) else { return .NO }
      inside.bytesIn += Int64(piece.count)
      if step == .suspend { connection.suspend() }
      wakeIfReady(&inside)
      return step == .drop ? .NO : .YES
    }
  }

  /// The request is over, well or not.
  func completed() {
    let (feed, task, record) = inside.withLock { inside in
      if inside.state?.end() == true { connection.resume() }
      inside.aborted = true
      wakeIfReady(&inside)
      let record = inside.request.map { request in
        ExchangeRecord(
          method: request.method, target: target, headers: request.headers, client: inside.client,
          status: inside.status, bytesIn: inside.bytesIn,
          bytesOut: inside.feed?.delivered ?? 0, duration: inside.began.map { .now - $0 } ?? .zero)
      }
      return (inside.feed, inside.task, record)
    }
    feed?.abort()
    task?.cancel()
    if let record { handler.ended(record) }
  }

  /// The server stops: nothing may stay suspended.
  func abort() {
    let feed = inside.withLock { inside in
      inside.aborted = true
      inside.state?.abort()
      wakeIfReady(&inside)
      resumeIfPossible(&inside)
      return inside.feed
    }
    feed?.abort()
  }

  private func begin(_ inside: inout Inside, method: String) {
    let request = Request(method: method, target: target, headers: Self.headers(of: connection.pointer))
    inside.request = request
    inside.began = .now
    inside.client = ClientAddress.text(of: connection.pointer)
    inside.state = ExchangeState(
      hasBody: request.hasBody, contentLength: request.contentLength, expectsContinue: request.expectsContinue)
  }

  private func startTask(_ inside: inout Inside) {
    guard let request = inside.request else { return }
    inside.task = Task {
      let response = await handler.respond(to: request, body: RequestBody(exchange: self))
      finish(with: response)
    }
  }

  // MARK: The handler's task

  func nextBytes() async throws(ClientGone) -> [UInt8]? {
    while true {
      let intake = inside.withLock { inside in
        let intake = inside.state?.next() ?? .gone
        resumeIfPossible(&inside)
        return intake
      }
      switch intake {
      case .bytes(let bytes): return bytes
      case .end: return nil
      case .gone: throw ClientGone()
      case .wait: await intakeArrives()
      }
    }
  }

  private func intakeArrives() async {
    await withCheckedContinuation { continuation in
      let ready = inside.withLock { inside in
        if inside.aborted || inside.state?.hasIntake ?? true { return true }
        inside.waiting = continuation
        return false
      }
      if ready { continuation.resume() }
    }
  }

  private func finish(with response: Response) {
    inside.withLock { inside in
      inside.response = response
      inside.state?.respond()
      resumeIfPossible(&inside)
    }
  }

  private func wakeIfReady(_ inside: inout Inside) {
    guard let waiting = inside.waiting, inside.aborted || inside.state?.hasIntake ?? true else { return }
    inside.waiting = nil
    waiting.resume()
  }

  private func resumeIfPossible(_ inside: inout Inside) {
    if inside.state?.takeResumption() == true { connection.resume() }
  }

  // MARK: The answer

  private func queue(_ response: Response) -> MHD_Result {
    let feed = ResponseFeed(response.body, connection: connection)
    let isAborted = inside.withLock { inside in
      inside.feed = feed
      inside.status = response.status
      return inside.aborted
    }
    // The server began to stop between the answer and here: this feed must not suspend the connection any more.
    if isAborted { feed.abort() }
    return MessageQueue.queue(response, feed: feed, on: connection.pointer)
  }

  private static func headers(of connection: OpaquePointer) -> Headers {
    var headers = Headers()
    withUnsafeMutablePointer(to: &headers) { headers in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { context, _, name, nameLength, value, valueLength in
          guard let context, let name else { return .YES }
          let text = { (start: UnsafePointer<CChar>?, count: Int) in
            String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
          }
          context.assumingMemoryBound(to: Headers.self).pointee.add(text(name, nameLength), text(value, valueLength))
          return .YES
        }, headers)
    }
    return headers
  }
}

/// The client went away, or the server stops, before the whole body was here.
struct ClientGone: Error, Sendable {}

/// The body of a request, as the handler takes it: the first call of `next` invites the client to send it.
struct RequestBody: Sendable {
  let exchange: Exchange

  /// The next bytes; nil at the end.
  func next() async throws(ClientGone) -> [UInt8]? { try await exchange.nextBytes() }

  /// All of it. Refuses with 413 what is longer.
  func collect(atMost limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await next() {
      bytes += piece
      if bytes.count > limit { throw Refusal(413, "The body of this request may have at most \(limit) bytes.") }
    }
    return bytes
  }
}

/// What an exchange was, for metrics and logs.
struct ExchangeRecord: Sendable {
  var method: String
  var target: String
  var headers = Headers()
  /// The client's address; "" over a unix socket.
  var client = ""
  /// 0 when no answer was sent.
  var status: Int
  var bytesIn: Int64
  var bytesOut: Int64
  var duration: Duration
}

/// What answers requests.
protocol ExchangeHandler: Sendable {
  func respond(to request: Request, body: RequestBody) async -> Response
  func ended(_ record: ExchangeRecord)
}
