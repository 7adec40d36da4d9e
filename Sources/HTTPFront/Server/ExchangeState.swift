/// One request and its answer, as libmicrohttpd drives them and a handler's task serves them.
///
/// Pure: each method returns what the shell (`Exchange`) does next. libmicrohttpd calls the access handler once with the
/// headers, then for each piece of the body, then once at the body's end; a call that left the connection suspended
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
    /// The body goes to the handler, or is gathered for one that has not begun.
    case receiving
    /// The whole body is here; the handler has not answered yet.
    case received
    /// The answer is known, but the client would not see it before it has sent its body: take and drop it.
    case draining
    case answered
    case ended
  }

  /// What the access handler returns to libmicrohttpd.
  enum Step: Equatable {
    case start
    case proceed
    case suspend
    case answer
    /// Close the connection.
    case drop
  }

  /// What a handler's `next()` gets.
  enum Intake: Equatable {
    case bytes([UInt8])
    case end
    case gone
    case wait
  }

  /// How much of a body may wait for the handler before the client is held back.
  static let capacity = 256 << 10
  /// How much of a body wakes a handler that waits, unless the body ends before.
  static let intake = 16 << 10
  /// A body up to this length that comes unasked, and whole in one piece, is here before the handler's work begins: that
  /// spares the connection a suspension and two changes of threads.
  static let bodyFirst: Int64 = 64 << 10
  /// How much of an unwanted body is read so that a client that does not listen while it sends sees the refusal.
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

  /// A call without data: the headers, the end of the body, or one of these again.
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

  /// A call with a piece of the body. It is always taken whole. Of a chunked body libmicrohttpd presents every chunk
  /// that it has read, also after a call that suspended: suspending twice would corrupt its lists of connections.
  mutating func received(_ piece: UnsafeRawBufferPointer) -> Step {
    if isAborted { return .drop }
    guard phase == .receiving else {
      drained += Int64(piece.count)
      return drained > Self.drainLimit ? .drop : .proceed
    }
    if buffer.isEmpty { buffer.reserveCapacity(Self.capacity + piece.count) }
    buffer.append(contentsOf: piece)
    // The rest may take its time, or never come: only after a resumption does libmicrohttpd surely look for the end of
    // a connection which came along with the bytes that it read last.
    if !hasStarted, let firstLength, buffer.count < firstLength { return start() }
    guard buffer.count >= Self.capacity, !isSuspended else { return .proceed }
    isSuspended = true
    return .suspend
  }

  /// libmicrohttpd closes the connection after an answer that is queued at the headers, even when no body follows:
  /// so only a client that waits for 100 Continue is answered there.
  private mutating func refuseOrDrain() -> Step {
    guard mustDrain || !hasBody else { return answer() }
    phase = .draining
    return .proceed
  }

  /// Where a body ends is not certain: it is not read, and the connection closes after the answer.
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

  /// The handler wants the next bytes of the body.
  mutating func next() -> Intake {
    if isAborted { return .gone }
    bodyWanted = true
    if !buffer.isEmpty {
      defer { buffer = [] }
      return .bytes(buffer)
    }
    return bodyEnded || !hasBody ? .end : .wait
  }

  /// Whether enough has come to wake a handler that waits: not for every little chunk.
  var hasIntake: Bool { isAborted || bodyEnded || buffer.count >= Self.intake }

  /// The handler has its answer; before the first call of the access handler, where it needs no task for it.
  mutating func respond() {
    hasResponse = true
    if phase == .receiving {
      phase = .draining
      buffer = []
    }
  }

  // MARK: Resumption and end

  /// Whether the connection is to be resumed now; the shell does so at once.
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

  /// The server stops: nothing waits any more.
  mutating func abort() { isAborted = true }

  /// libmicrohttpd is done with the request. Returns whether the connection is to be resumed: one that is closed while
  /// it is suspended, for a malformed chunk behind the piece that suspended it, is cleaned up only after that.
  mutating func end() -> Bool {
    defer { isSuspended = false }
    isAborted = isAborted || phase != .answered
    phase = .ended
    buffer = []
    return isSuspended
  }
}
