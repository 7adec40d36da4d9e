/// One request and its answer, as libmicrohttpd drives them and a handler's task serves them.
///
/// Pure: each method returns the next action of the shell (`Exchange`). libmicrohttpd calls the access handler once
/// with
/// the headers, then for each piece of the body, then once at the body's end; a call that left the connection suspended
/// is repeated after the resumption. An answer can be queued only at the headers or at the body's end, never between.
///
///       ┌────────────────────┐
///     fresh → deciding → receiving → received → answered → ended
///       └─────────┴────────┴→ draining ──────────↑
struct ExchangeState {
  enum Phase: Equatable {
    /// The headers have not been presented yet.
    case fresh
    /// The handler runs and has neither requested the body nor answered.
    case deciding
    /// The body is passed to the handler, or is collected for one that has not begun.
    case receiving
    /// The whole body is here; the handler has not answered yet.
    case received
    /// The answer is known, but the client would not read it before it has sent its body: receive and drop it.
    case draining
    case answered
    case ended
  }

  /// The access handler's return value for libmicrohttpd.
  enum Step: Equatable {
    case start
    case proceed
    case suspend
    case answer
    /// Close the connection.
    case drop
  }

  /// The result of a handler's `next()`.
  enum Intake: Equatable {
    case bytes([UInt8])
    case end
    case gone
    case wait
  }

  /// How much of a body may wait for the handler before the client is throttled.
  static let capacity = 256 << 10
  /// How much of a body wakes a handler that waits, unless the body ends before.
  static let intake = 16 << 10
  /// The limit of a body that is taken before the handler's work begins, if it is sent without an invitation and
  /// arrives in one piece: that saves the connection a suspension and two changes of threads.
  static let bodyFirst: Int64 = 64 << 10
  /// How much of an unneeded body is read so that a client that does not listen while it sends sees the refusal.
  static let drainLimit: Int64 = 1 << 30

  private(set) var phase = Phase.fresh
  private(set) var isSuspended = false
  /// The client is gone or the server stops.
  private(set) var isAborted = false
  private var hasBody: Bool
  private var mustDrain: Bool
  /// The length of a body that is taken before the handler begins; nil for others.
  private let firstLength: Int?
  private var hasStarted = false
  private var bodyWanted = false
  private var bodyEnded = false
  private var hasResponse = false
  private var buffer: [UInt8] = []
  private var drained: Int64 = 0

  init(hasBody: Bool, contentLength: Int64?, expectsContinue: Bool) {
    self.hasBody = hasBody
    // A client that waits for 100 Continue has sent nothing yet: it can be refused at once.
    mustDrain = hasBody && !expectsContinue && contentLength ?? 0 <= Self.drainLimit
    firstLength = hasBody && !expectsContinue ? contentLength.flatMap { $0 <= Self.bodyFirst ? Int($0) : nil } : nil
  }

  // MARK: Calls of the access handler

  /// Handles a call without data: the headers, the end of the body, or one of these again.
  mutating func called() -> Step {
    if isAborted { return .drop }
    switch phase {
    case .fresh:
      if hasResponse { return refuseOrDrain() }
      if firstLength != nil {
        bodyWanted = true
        phase = .receiving
        return .proceed
      }
      phase = .deciding
      return start()
    case .deciding:
      if hasResponse { return refuseOrDrain() }
      if bodyWanted {
        phase = .receiving
        return .proceed
      }
    case .receiving:
      bodyEnded = true
      phase = .received
      if hasResponse { return answer() }
      if !hasStarted { return start() }
    case .received:
      if hasResponse { return answer() }
    case .draining:
      return answer()
    case .answered, .ended:
      return .proceed
    }
    isSuspended = true
    return .suspend
  }

  /// Handles a call with a piece of the body, which is always taken completely. Of a chunked body libmicrohttpd
  /// presents every chunk that it has read, even after a call that suspended: suspending twice would corrupt its lists
  /// of connections.
  mutating func received(_ piece: UnsafeRawBufferPointer) -> Step {
    if isAborted { return .drop }
    guard phase == .receiving else {
      drained += Int64(piece.count)
      return drained > Self.drainLimit ? .drop : .proceed
    }
    if buffer.isEmpty { buffer.reserveCapacity(Self.capacity + piece.count) }
    buffer.append(contentsOf: piece)
    // The rest may take its time, or never come: only after a resumption does libmicrohttpd reliably detect the end of
    // a connection which came along with the bytes that it read last.
    if !hasStarted, let firstLength, buffer.count < firstLength { return start() }
    guard buffer.count >= Self.capacity, !isSuspended else { return .proceed }
    isSuspended = true
    return .suspend
  }

  /// Refuses now, or drains the body first. libmicrohttpd closes the connection after an answer that is queued at the
  /// headers, even when no body follows: so only a client that waits for 100 Continue is answered there.
  private mutating func refuseOrDrain() -> Step {
    guard mustDrain || !hasBody else { return answer() }
    phase = .draining
    return .proceed
  }

  /// Refuses a body whose end is not certain: it is not read, and the connection closes after the answer.
  mutating func refuseBody() {
    mustDrain = false
    hasBody = true
  }

  private mutating func start() -> Step {
    hasStarted = true
    isSuspended = true
    return .start
  }

  private mutating func answer() -> Step {
    phase = .answered
    return .answer
  }

  // MARK: Calls of the handler

  /// Requests the next bytes of the body for the handler.
  mutating func next() -> Intake {
    if isAborted { return .gone }
    bodyWanted = true
    if !buffer.isEmpty {
      defer { buffer = [] }
      return .bytes(buffer)
    }
    return bodyEnded || !hasBody ? .end : .wait
  }

  /// Whether enough has arrived to wake a waiting handler: not for every little chunk.
  var hasIntake: Bool { isAborted || bodyEnded || buffer.count >= Self.intake }

  /// Records that the handler has its answer; before the first call of the access handler, where it needs no task for
  /// it.
  mutating func respond() {
    hasResponse = true
    if phase == .receiving {
      phase = .draining
      buffer = []
    }
  }

  // MARK: Resumption and end

  /// Returns whether the connection must be resumed now; the shell does so at once.
  mutating func takeResumption() -> Bool {
    guard isSuspended, canGoOn else { return false }
    isSuspended = false
    return true
  }

  private var canGoOn: Bool {
    if isAborted { return true }
    switch phase {
    case .deciding: return hasResponse || bodyWanted
    case .receiving: return buffer.count < Self.capacity
    case .received: return hasResponse
    case .fresh, .draining, .answered, .ended: return true
    }
  }

  /// Aborts because the server stops: nothing waits any more.
  mutating func abort() { isAborted = true }

  /// Records that libmicrohttpd is done with the request. Returns whether the connection must be resumed: one that is
  /// closed while it is suspended, for a malformed chunk after the piece that suspended it, is cleaned up only after
  /// that.
  mutating func end() -> Bool {
    defer { isSuspended = false }
    isAborted = isAborted || phase != .answered
    phase = .ended
    buffer = []
    return isSuspended
  }
}
