import CMicrohttpd
import Glibc

/// The headers of a request. Refuses heads that libmicrohttpd tolerates although a proxy in front of the gateway could
/// read a different request from them.
struct RequestHead {
  private(set) var headers = Headers()
  /// The reason for a refusal, as a sentence; `nil` if the head is well-formed.
  private(set) var flaw: String?
  /// Where the text of the last line ended, in libmicrohttpd's buffer.
  private var end: UnsafePointer<CChar>?

  /// The longest distance between two positions in one line.
  private static let longestLine = 64 << 10

  /// Headers that describe the client; their values may be in any charset, because nothing depends on them.
  private static let descriptive: Set = ["user-agent", "referer", "cookie", "from", "x-forwarded-user"]

  /// - Parameters:
  ///   - method: where the request line begins, in libmicrohttpd's buffer.
  ///   - version: the last word of the request line.
  init(of connection: OpaquePointer, from method: UnsafePointer<CChar>, version: UnsafePointer<CChar>?) {
    if let version, version.pointee != 0 { end = version + strlen(version) }
    withUnsafeMutablePointer(to: &self) { head in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { context, _, name, nameLength, value, valueLength in
          guard let context, let name else { return .YES }
          context.assumingMemoryBound(to: RequestHead.self).pointee.add(name, nameLength, value, valueLength)
          return .YES
        }, head)
    }
    if let end, flaw == nil { checkEnd(from: end, to: method + cmicrohttpd_head_size(connection)) }
  }

  private mutating func add(
    _ name: UnsafePointer<CChar>, _ nameLength: Int, _ value: UnsafePointer<CChar>?, _ valueLength: Int
  ) {
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameLength)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: valueLength)
    guard !nameBytes.isEmpty, nameBytes.allSatisfy(Headers.isToken) else {
      return fail("A header's name is empty or contains a blank or another invalid character.")
    }
    let text = String(decoding: nameBytes, as: UTF8.self)
    if let end { checkLineEnd(end, before: name) }
    if let value {
      let distance = value - name
      if distance <= nameLength || distance > Self.longestLine {
        return fail("The header \(text) continues on a second line, which HTTP no longer allows.")
      }
      end = value + valueLength
    }
    if valueBytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      fail("The header \(text) contains a control character.")
    }
    headers.add(text, String(validating: valueBytes, as: UTF8.self) ?? latin1(valueBytes, of: text))
  }

  /// Checks the bytes between the end of a line's text and the next line: blanks and one line break.
  private mutating func checkLineEnd(_ end: UnsafePointer<CChar>, before next: UnsafePointer<CChar>) {
    let distance = next - end
    // A folded line is in another buffer: then the next line says nothing about this one.
    guard distance > 0, distance <= Self.longestLine else { return }
    checkBreaks(1, in: UnsafeRawBufferPointer(start: end, count: distance))
  }

  /// Checks the bytes between the last line's text and the end of the head: two line breaks.
  ///
  /// libmicrohttpd also ends the head at a line that begins with a colon, and would treat the rest as another request.
  /// Then there are other bytes, or more of them. Reads nothing after the head: the buffer is not cleared, so that its
  /// contents may come from another connection.
  private mutating func checkEnd(from end: UnsafePointer<CChar>, to headEnd: UnsafePointer<CChar>) {
    let distance = headEnd - end
    guard distance > 0, distance <= Self.longestLine else {
      return fail("A header continues on a second line, which HTTP no longer allows.")
    }
    checkBreaks(2, in: UnsafeRawBufferPointer(start: end, count: distance))
  }

  /// Requires this number of line breaks, with nothing but blanks before them. libmicrohttpd accepts an LF or a CR
  /// alone as a line break, too, and overwrites each byte of one with NUL; later versions leave some of them. Any other
  /// byte, or a third, follows a NUL that the client sent, where libmicrohttpd assumes the end of the text.
  private mutating func checkBreaks(_ count: Int, in bytes: UnsafeRawBufferPointer) {
    let breaks = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    let isWhole = zip(breaks.indices, breaks).allSatisfy { index, byte in
      byte == 0 || byte == ((index - breaks.startIndex).isMultiple(of: 2) ? 0x0D : 0x0A)
    }
    guard isWhole, breaks.count == 2 * count else {
      return fail("A line of the head contains a NUL, has an empty name, or does not end in CR LF.")
    }
  }

  /// Decodes one character for each byte, so that none is lost; refuses a header whose value has a meaning here.
  private mutating func latin1(_ bytes: UnsafeRawBufferPointer, of name: String) -> String {
    if !Self.descriptive.contains(name.lowercasedASCII) {
      fail("The header \(name) is not UTF-8.")
    }
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }

  private mutating func fail(_ sentence: String) { flaw = flaw ?? sentence }
}

/// A request's target as the client sent it.
struct RawTarget: Sendable {
  /// The target in ASCII; other bytes are percent-escaped.
  let text: String
  /// The reason for a refusal, as a sentence.
  private(set) var flaw: String?
  /// The address of the NUL after the target. Only compared, while libmicrohttpd still has the head.
  private let end: UInt

  /// Copies the target, then cuts libmicrohttpd's own off at the question mark: it would parse the query next, and never
  /// answers a query of a thousand names. `Target` parses the query from `text`.
  init(_ target: UnsafePointer<CChar>) {
    var bytes: [UInt8] = []
    let target = UnsafeMutablePointer(mutating: target)
    var place = target
    while place.pointee != 0 {
      let byte = UInt8(bitPattern: place.pointee)
      if byte <= 0x20 || byte == 0x7F { flaw = "The URL contains a blank or a control character." }
      if byte < 0x80 {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), PercentCoding.hexDigits[Int(byte >> 4)], PercentCoding.hexDigits[Int(byte & 15)]]
      }
      place += 1
    }
    text = String(decoding: bytes, as: UTF8.self)
    end = UInt(bitPattern: place)
    if let mark = strchr(target, CInt(UInt8(ascii: "?"))) { mark[1] = 0 }
  }

  /// Returns the target's flaw, if any. Between target and version is one blank, overwritten with NUL by libmicrohttpd:
  /// a larger distance means a NUL or a blank in the target.
  func flaw(before version: UnsafePointer<CChar>?) -> String? {
    if let flaw { return flaw }
    guard let version, version.pointee != 0 else { return nil }
    return UInt(bitPattern: version) == end + 1 ? nil : "The URL contains a NUL or a blank."
  }
}
