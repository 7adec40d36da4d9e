internal import CFuse3
private import Glibc
private import Synchronization

/// What libfuse would print on standard error, kept so that a failed mount can say why.
enum LibfuseMessages {
  private static let lines = Mutex<[String]>([])

  /// Takes the messages from now on, for all sessions of the process.
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

  /// Those collected so far, in one line.
  static func take() -> String {
    lines.withLock { lines in
      defer { lines = [] }
      return lines.joined(separator: "; ")
    }
  }
}
