internal import CFuse3
private import Glibc
private import Synchronization

/// Collects what libfuse would print on standard error, so that a failed mount can report the reason.
enum LibfuseMessages {
  private static let lines = Mutex<[String]>([])

  /// Starts collecting, for all sessions of the process.
  static func collect() {
    fuse_set_log_func { _, format, arguments in
      guard let format, let arguments else { return }
      var text = [CChar](repeating: 0, count: 512)
      vsnprintf(&text, text.count, format, arguments)
      let line = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      LibfuseMessages.lines.withLock { lines in
        if lines.count < 16 { lines.append(line.split(separator: "\n").joined(separator: " ")) }
      }
    }
  }

  /// Takes the messages collected so far, as one line.
  static func take() -> String {
    lines.withLock { lines in
      defer { lines = [] }
      return lines.joined(separator: "; ")
    }
  }
}
