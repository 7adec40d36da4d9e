private import Glibc
internal import Logging

/// Writes plain lines to standard error: "localstackmount: message", with the level from warnings on.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(level: Logger.Level) { logLevel = level }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var text = "localstackmount: "
    if event.level != .notice { text += "\(event.level): " }
    text += "\(event.message)"
    for (key, value) in self.metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
      $0.key < $1.key
    }) {
      text += " \(key)=\(value)"
    }
    // One write for each line, so that lines of several threads do not mix.
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
