import Core
import Glibc

/// Writes one line for each request, in the combined format of web servers, followed by the duration in seconds.
public final class AccessLog: Sendable {
  private let descriptor: Int32

  /// Opens the log: appends to a file, which is created if missing; "-" is standard output.
  public init(path: String) throws(HTTPServerError) {
    if path == "-" {
      descriptor = dup(STDOUT_FILENO)
    } else {
      descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }
    guard descriptor >= 0 else {
      throw HTTPServerError("Cannot write the access log \(path): \(String(cString: strerror(errno))).")
    }
  }

  deinit { close(descriptor) }

  func write(_ record: ExchangeRecord) {
    let line = Array((Self.line(record, at: .now()) + "\n").utf8)
    // One write for each line, so that lines of several threads do not mix.
    _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }

  static func line(_ record: ExchangeRecord, at time: Timestamp) -> String {
    let user = BasicCredentials.pair(record.headers["Authorization"])?.user
    let milliseconds = Int64(record.duration / .milliseconds(1))
    let seconds = "\(milliseconds / 1000)." + String("00\(milliseconds % 1000)".suffix(3))
    return "\(record.client.isEmpty ? "-" : record.client) - \(user.map(escaped) ?? "-") "
      + "[\(HTTPDate.formatISO(time))] \"\(escaped(record.method)) \(escaped(record.target)) HTTP/1.1\" "
      + "\(record.status) \(record.bytesOut) \(quoted(record.headers["Referer"])) "
      + "\(quoted(record.headers["User-Agent"])) \(seconds)"
  }

  private static func quoted(_ text: String?) -> String { "\"\(text.map(escaped) ?? "-")\"" }

  /// Escapes what a client sent, so that it cannot look like another line or field.
  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C || byte == 0x20 {
        bytes.append(byte)
      } else {
        bytes += Array("\\x".utf8) + [PercentCoding.hexDigits[Int(byte >> 4)], PercentCoding.hexDigits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
