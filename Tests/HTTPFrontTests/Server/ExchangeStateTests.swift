import Testing

@testable import HTTPFront

/// A state machine that expectations can drive.
private final class Stage {
  private var state: ExchangeState

  init(body: Bool, length: Int64? = nil, expects: Bool = false) {
    state = ExchangeState(hasBody: body, contentLength: length, expectsContinue: expects)
  }

  var phase: ExchangeState.Phase { state.phase }
  var hasIntake: Bool { state.hasIntake }
  func called() -> ExchangeState.Step { state.called() }
  func next() -> ExchangeState.Intake { state.next() }
  func respond() { state.respond() }
  func takeResumption() -> Bool { state.takeResumption() }
  func abort() { state.abort() }
  func end() -> Bool { state.end() }
  func feed(_ count: Int) -> ExchangeState.Step {
    [UInt8](repeating: 7, count: count).withUnsafeBytes { state.received($0) }
  }
}

/// Calls the state machine as libmicrohttpd and the handler do.
struct ExchangeStateTests {

  @Test func `a request without a body is answered after its end, so that the connection stays open`() {
    let state = Stage(body: false)
    #expect(state.called() == .start)
    #expect(!state.takeResumption())
    state.respond()
    #expect(state.takeResumption())
    #expect(!state.takeResumption())
    #expect(state.called() == .proceed)
    #expect(state.called() == .answer)
    #expect(state.phase == .answered)
  }

  @Test func `an immediate answer needs no suspension`() {
    let state = Stage(body: false)
    state.respond()
    #expect(state.called() == .proceed && !state.takeResumption())
    #expect(state.called() == .answer)
    #expect(state.phase == .answered)
  }

  @Test func `a body that is already sent is read before an immediate answer`() {
    let state = Stage(body: true, length: 3)
    state.respond()
    #expect(state.called() == .proceed)
    #expect(state.feed(3) == .proceed)
    #expect(state.called() == .answer)
  }

  @Test func `an immediate refusal is sent without the body to a client that waits for 100 Continue`() {
    let state = Stage(body: true, length: 3, expects: true)
    state.respond()
    #expect(state.called() == .answer)
  }

  @Test func `a small body is complete before the handler begins`() {
    let state = Stage(body: true, length: 3)
    #expect(state.called() == .proceed)
    #expect(state.feed(3) == .proceed)
    #expect(state.called() == .start)
    #expect(state.next() == .bytes([7, 7, 7]) && state.next() == .end)
    #expect(!state.takeResumption())
    state.respond()
    #expect(state.takeResumption() && state.called() == .answer)
  }

  @Test func `a small body that arrives in pieces is read by the handler`() {
    let state = Stage(body: true, length: 5)
    #expect(state.called() == .proceed)
    #expect(state.feed(3) == .start)
    #expect(state.next() == .bytes([7, 7, 7]) && state.next() == .wait)
    #expect(state.takeResumption())
    #expect(state.feed(2) == .proceed && state.called() == .suspend)
    #expect(state.next() == .bytes([7, 7]) && state.next() == .end)
    state.respond()
    #expect(state.takeResumption() && state.called() == .answer)
  }

  @Test func `a client that disconnects before its small body is complete leaves nothing suspended`() {
    let state = Stage(body: true, length: 5)
    #expect(state.called() == .proceed)
    #expect(!state.end())
  }

  @Test(arguments: [(ExchangeState.bodyFirst + 1, false), (3, true), (nil, false)] as [(Int64?, Bool)])
  func `large bodies, those behind 100 Continue and those of unknown length are read on demand`(
    length: Int64?, expects: Bool
  ) {
    let state = Stage(body: true, length: length, expects: expects)
    #expect(state.called() == .start && state.phase == .deciding)
  }

  @Test func `a body is passed to the handler once it is requested, to its end`() {
    let state = Stage(body: true)
    #expect(state.called() == .start)
    #expect(state.next() == .wait)
    #expect(state.takeResumption())
    #expect(state.called() == .proceed)
    #expect(state.feed(3) == .proceed)
    #expect(state.next() == .bytes([7, 7, 7]))
    #expect(state.next() == .wait)
    #expect(state.called() == .suspend)
    #expect(state.hasIntake && state.next() == .end)
    state.respond()
    #expect(state.takeResumption() && state.called() == .answer)
  }

  @Test func `a slow handler suspends the client`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    #expect(state.feed(ExchangeState.capacity) == .suspend)
    #expect(!state.takeResumption())
    #expect(state.next() == .bytes([UInt8](repeating: 7, count: ExchangeState.capacity)))
    #expect(state.takeResumption())
  }

  @Test func `chunks after the one that suspended do not suspend again`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    #expect(state.feed(ExchangeState.capacity) == .suspend)
    #expect(state.feed(1) == .proceed)
    #expect(state.next() == .bytes([UInt8](repeating: 7, count: ExchangeState.capacity + 1)))
    #expect(state.takeResumption() && !state.takeResumption())
    #expect(state.feed(ExchangeState.capacity) == .suspend)
  }

  @Test func `a waiting handler is woken for a large piece or the end, not for every small chunk`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    #expect(state.feed(ExchangeState.intake - 1) == .proceed)
    #expect(!state.hasIntake)
    #expect(state.feed(1) == .proceed)
    #expect(state.hasIntake)
    #expect(state.next() == .bytes([UInt8](repeating: 7, count: ExchangeState.intake)))
    #expect(state.feed(1) == .proceed)
    #expect(!state.hasIntake && state.called() == .suspend && state.hasIntake)
  }

  @Test func `a connection that ends while suspended is resumed, so that it is freed`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    #expect(state.feed(ExchangeState.capacity) == .suspend)
    #expect(state.end())
    #expect(!state.takeResumption())
    #expect(!state.end())
  }

  @Test func `a client that waits for 100 Continue is refused at once`() {
    let state = Stage(body: true, length: 10, expects: true)
    _ = state.called()
    state.respond()
    #expect(state.takeResumption() && state.called() == .answer)
  }

  @Test func `a client that already sends its body may finish, and is then answered`() {
    let state = Stage(body: true, length: ExchangeState.bodyFirst + 10)
    _ = state.called()
    state.respond()
    #expect(state.takeResumption() && state.called() == .proceed)
    #expect(state.feed(Int(ExchangeState.bodyFirst) + 10) == .proceed)
    #expect(state.called() == .answer)
  }

  @Test func `a body beyond the drain limit is refused at once`() {
    let state = Stage(body: true, length: ExchangeState.drainLimit + 1)
    _ = state.called()
    state.respond()
    #expect(state.takeResumption() && state.called() == .answer)
  }

  @Test func `a failure during a body drains the rest before the answer`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    #expect(state.feed(ExchangeState.capacity) == .suspend)
    state.respond()
    #expect(state.takeResumption())
    #expect(state.feed(ExchangeState.capacity * 3) == .proceed)
    #expect(state.called() == .answer)
  }

  @Test func `an aborted exchange is resumed and dropped, whatever it waited for`() {
    let deciding = Stage(body: true)
    _ = deciding.called()
    deciding.abort()
    #expect(deciding.takeResumption() && deciding.called() == .drop)
    #expect(deciding.next() == .gone)
    let receiving = Stage(body: true)
    _ = (receiving.called(), receiving.next(), receiving.takeResumption(), receiving.called())
    #expect(receiving.feed(ExchangeState.capacity) == .suspend)
    receiving.abort()
    #expect(receiving.takeResumption())
    #expect(receiving.feed(1) == .drop)
  }

  @Test func `a client that disconnects during its body ends the handler's reading`() {
    let state = Stage(body: true)
    _ = (state.called(), state.next(), state.takeResumption(), state.called())
    _ = state.feed(5)
    _ = state.end()
    #expect(state.hasIntake && state.next() == .gone)
  }
}
