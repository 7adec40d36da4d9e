import CMicrohttpd
import Core
import Synchronization

/// One request on its connection: the shell around `ExchangeState`.
///
/// libmicrohttpd owns it from the request line to the completion callback. Answers that the handler does not have at
/// once are produced by a task.
final class Exchange: Sendable {
  private typealias Waiter = CheckedContinuation<Void, Never>

  private struct Inside {
    var state: ExchangeState?
    var request: Request?
    var response: Response?
    var feed: ResponseFeed?
    var waiting: Waiter?
    /// The handler's remaining work for the answer, until its task takes it.
    var work: ExchangeWork?
    var task: Task<Void, Never>?
    var began: ContinuousClock.Instant?
    var bytesIn: Int64 = 0
    var status = 0
    var aborted = false
  }

  private let target: RawTarget
  private let connection: ClientConnection
  private let handler: any ExchangeHandler
  private let peer: Connections.Peer?
  /// How recent its answer must be. nil with a ttl.
  private let burst: Burst.Bounds?
  private let inside = Mutex(Inside())

  init(target: RawTarget, connection: OpaquePointer, peer: Connections.Peer?, handler: any ExchangeHandler) {
    self.target = target
    self.connection = ClientConnection(pointer: connection)
    self.peer = peer
    self.handler = handler
    burst = handler.pause.flatMap { peer?.asks(pause: $0) }
  }

  // MARK: The access handler, on libmicrohttpd's thread

  /// Takes the headers at the first call. Returns whether the request begins now: a refused one does not.
  func begins(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>?) -> Bool {
    // libmicrohttpd makes the calls of a request one after the other, so that only the first finds no request.
    guard inside.withLock({ $0.request == nil && !$0.aborted }) else { return false }
    begin(method: method, version: version)
    return inside.withLock { $0.response.map { $0.status < 400 } ?? true }
  }

  /// Handles a call. Suspends under the lock that a task takes before it resumes, so that no resumption comes first.
  func called() -> MHD_Result {
    let (outcome, waiter): (Outcome, Waiter?) = inside.withLock { inside in
      if inside.aborted { return (.step(.drop), nil) }
      guard let step = inside.state?.called() else { return (.step(.drop), nil) }
      if step == .start || step == .suspend { connection.suspend() }
      let waiter = takeWaiter(&inside)
      if step == .start, let work = inside.work.take() { return (.work(work), waiter) }
      if step == .answer, let response = inside.response.take() { return (.answer(response), waiter) }
      return (.step(step), waiter)
    }
    // Without the lock, for which the woken task would have to wait.
    waiter?.resume()
    return proceed(with: outcome)
  }

  private func proceed(with outcome: Outcome) -> MHD_Result {
    switch outcome {
    case .answer(let response): return queue(response)
    case .work(let work): startTask(work)
    case .step(let step): if step == .drop { return .NO }
    }
    return .YES
  }

  /// The result of a call of the access handler.
  private enum Outcome {
    case step(ExchangeState.Step)
    case work(ExchangeWork)
    case answer(Response)
  }

  func received(_ piece: UnsafeRawBufferPointer) -> MHD_Result {
    let (outcome, waiter): (Outcome, Waiter?) = inside.withLock { inside in
      guard let step = inside.state?.received(piece) else { return (.step(.drop), nil) }
      inside.bytesIn += Int64(piece.count)
      if step == .start || step == .suspend { connection.suspend() }
      let waiter = takeWaiter(&inside)
      if step == .start, let work = inside.work.take() { return (.work(work), waiter) }
      return (.step(step), waiter)
    }
    waiter?.resume()
    return proceed(with: outcome)
  }

  /// Ends the request, whether it succeeded or failed.
  func completed() {
    let (feed, task, record, waiter) = inside.withLock { inside in
      if inside.state?.end() == true { connection.resume() }
      inside.aborted = true
      let record = inside.request.map { request in
        ExchangeRecord(
          method: request.method, target: target.text, headers: request.headers,
          client: handler.recordsClients ? connection.clientAddress : "",
          status: inside.status, bytesIn: inside.bytesIn, bytesOut: inside.feed?.delivered ?? 0,
          duration: inside.began.map { .now - $0 } ?? .zero)
      }
      return (inside.feed, inside.task, record, takeWaiter(&inside))
    }
    waiter?.resume()
    feed?.abort()
    task?.cancel()
    if let record { handler.ended(record) }
  }

  /// Aborts the request because the server stops: nothing may stay suspended.
  func abort() {
    let (feed, waiter) = inside.withLock { inside in
      inside.aborted = true
      inside.state?.abort()
      resumeIfPossible(&inside)
      return (inside.feed, takeWaiter(&inside))
    }
    waiter?.resume()
    feed?.abort()
  }

  /// Calls the handler, without the lock: no task runs yet.
  private func begin(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>?) {
    let head = RequestHead(of: connection.pointer, from: method, version: version)
    var request = Request(method: String(cString: method), target: target.text, headers: head.headers)
    request.version = version.map { String(cString: $0) } ?? ""
    request.flaw = target.flaw(before: version) ?? head.flaw
    let began = ContinuousClock.now
    let answer = Burst.$bounds.withValue(burst) { handler.respond(to: request) }
    inside.withLock { inside in
      inside.request = request
      inside.began = began
      inside.state = ExchangeState(
        hasBody: request.hasBody, contentLength: request.contentLength, expectsContinue: request.expectsContinue)
      switch answer {
      case .now(let response):
        inside.response = response
        if response.closesConnection { inside.state?.refuseBody() }
        inside.state?.respond()
      case .later(let work): inside.work = work
      }
    }
  }

  /// Starts the task. The connection is suspended, and libmicrohttpd's thread is here: nothing ends the request before
  /// the task is stored.
  private func startTask(_ work: ExchangeWork) {
    // The kernel's watchers have not seen the changes of a request.
    let task = ChangeOrigin.$current.withValue(.elsewhere) {
      Burst.$bounds.withValue(burst) {
        Task(executorPreference: work.executor) { [self] in
          finish(with: await work.body(RequestBody(exchange: self)))
        }
      }
    }
    inside.withLock { $0.task = task }
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

  /// Returns the handler that waits for a piece of the body which is here, or will never come.
  private func takeWaiter(_ inside: inout Inside) -> Waiter? {
    inside.aborted || inside.state?.hasIntake ?? true ? inside.waiting.take() : nil
  }

  private func resumeIfPossible(_ inside: inout Inside) {
    if inside.state?.takeResumption() == true { connection.resume() }
  }

  // MARK: The answer

  private func queue(_ response: Response) -> MHD_Result {
    peer?.isBeingAnswered()
    let feed = ResponseFeed(response.body, connection: connection)
    let isAborted = inside.withLock { inside in
      inside.feed = feed
      inside.status = response.status
      return inside.aborted
    }
    // The server began to stop between the answer and here: this feed must not suspend the connection any more.
    if isAborted { feed.abort() }
    return ResponseQueue.queue(response, feed: feed, on: connection.pointer)
  }
}

extension RequestBody {
  init(exchange: Exchange) { self.init { () async throws(ClientGone) in try await exchange.nextBytes() } }
}

/// The data of an exchange, for metrics and logs.
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

/// Answers requests.
protocol ExchangeHandler: Sendable {
  /// Handles a request. Called on libmicrohttpd's thread, so that it must not wait for anything.
  func respond(to request: Request) -> ExchangeAnswer
  func ended(_ record: ExchangeRecord)
  /// A time between two requests of a connection that is too short for its client to have written to S3 (`Burst`); nil:
  /// it makes no difference.
  var pause: Duration? { get }
  /// Whether records need the client's address.
  var recordsClients: Bool { get }
}

/// An answer that is known at once, or the work that produces it, done by a task.
enum ExchangeAnswer: Sendable {
  case now(Response)
  case later(ExchangeWork)
}

struct ExchangeWork: Sendable {
  /// The best executor for the work; nil leaves that to the pool.
  var executor: (any TaskExecutor)?
  var body: @Sendable (RequestBody) async -> Response
}
