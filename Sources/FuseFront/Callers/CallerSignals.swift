private import Glibc

/// The signals of a thread, as /proc/PID/status shows them (proc(5)); bit n - 1 is signal n.
struct CallerSignals: Equatable {
  var pending: UInt64 = 0
  var blocked: UInt64 = 0
  var ignored: UInt64 = 0
  var caught: UInt64 = 0

  /// Parses the text of /proc/PID/status. Missing lines count as no signals.
  init(status: some StringProtocol) {
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let digits = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      guard let mask = UInt64(digits, radix: 16) else { continue }
      switch line[..<colon] {
      case "SigPnd", "ShdPnd": pending |= mask
      case "SigBlk": blocked = mask
      case "SigIgn": ignored = mask
      case "SigCgt": caught = mask
      default: break
      }
    }
  }

  /// Reads the signals of a live thread; one that is gone or hidden has none.
  init(thread: Int32) {
    self.init(status: thread > 0 ? ProcFile.contents("/proc/\(thread)/status") ?? "" : "")
  }

  /// Whether a pending signal ends the process: SIGKILL (to which the kernel converts every fatal signal that dumps no
  /// core), or one whose default action ends it and that is not blocked, ignored or caught.
  var areFatal: Bool {
    if pending & Self.bit(SIGKILL) != 0 { return true }
    return pending & ~blocked & ~ignored & ~caught & ~Self.harmlessByDefault != 0
  }

  /// Signals whose default action is to ignore, stop or continue (signal(7)).
  private static let harmlessByDefault = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]
    .reduce(0) { $0 | bit($1) }

  private static func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }
}
