internal import ArgumentParser
private import Glibc
private import Synchronization

/// The output of commands. A reader that is gone (EPIPE) needs no more; any other reason for which the text is not
/// delivered is an error, so that half of it is never mistaken for all.
enum StandardOutput {
  private static let failure = Atomic<Int32>(0)

  /// Writes the text. Remembers a failure for `requireWhole`.
  static func show(_ text: String, terminator: String = "\n") {
    let bytes = Array((text + terminator).utf8)
    bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(STDOUT_FILENO, bytes.baseAddress! + written, bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else {
          if errno != EPIPE { failure.store(errno, ordering: .relaxed) }
          return
        }
        written += count
      }
    }
  }

  /// Throws status 2, with the reason, if something that was shown has not been written.
  static func requireWhole() throws {
    let code = failure.load(ordering: .relaxed)
    guard code != 0 else { return }
    StateRun.complain("cannot write the output: \(String(cString: strerror(code)))")
    throw ExitCode(2)
  }
}
