import Glibc
import Testing

@testable import FuseFront

struct CallerSignalsTests {
  private func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }

  private func signals(pending: Int32, blocked: Int32? = nil, caught: Int32? = nil) -> CallerSignals {
    var signals = CallerSignals(status: "")
    signals.pending = bit(pending)
    signals.blocked = blocked.map(bit) ?? 0
    signals.caught = caught.map(bit) ?? 0
    return signals
  }

  @Test func `the masks of a status file are read; pending signals are those of process and thread`() {
    let text = """
      Name:\tcat
      SigQ:\t0/7823
      SigPnd:\t0000000000000100
      ShdPnd:\t0000000000000002
      SigBlk:\t0000000000010000
      SigIgn:\t0000000000001000
      SigCgt:\t0000000180004002
      """
    let signals = CallerSignals(status: text)
    #expect(signals.pending == 0x102)
    #expect(signals.blocked == 0x10000)
    #expect(signals.ignored == 0x1000)
    #expect(signals.caught == 0x1_8000_4002)
    #expect(signals.areFatal)
  }

  @Test func `SIGKILL is fatal, as is an unhandled signal whose default ends the process`() {
    #expect(signals(pending: SIGKILL).areFatal)
    #expect(signals(pending: SIGQUIT).areFatal)
    #expect(signals(pending: SIGTERM).areFatal)
  }

  @Test func `signals that are handled, blocked or harmless cancel no request`() {
    #expect(!signals(pending: SIGINT, caught: SIGINT).areFatal)
    #expect(!signals(pending: SIGTERM, blocked: SIGTERM).areFatal)
    for signal in [SIGCHLD, SIGURG, SIGWINCH, SIGTSTP] { #expect(!signals(pending: signal).areFatal) }
    #expect(!CallerSignals(status: "").areFatal)
  }

  @Test func `a live thread's signals are read; a thread that is gone has none`() {
    #expect(!CallerSignals(thread: getpid()).areFatal)
    #expect(CallerSignals(thread: 0) == CallerSignals(status: ""))
  }
}
