/// The headers of one part of a multipart/form-data body (RFC 7578).
struct MultipartHeader: Equatable, Sendable {
  /// The name as sent; may contain a path.
  var fileName: String?
  var contentType: String?

  init(fileName: String? = nil, contentType: String? = nil) {
    self.fileName = fileName
    self.contentType = contentType
  }

  /// Parses the headers. Throws 400 for what could only be guessed, in particular bytes that are not UTF-8: their
  /// charset is unknown.
  init(lines: [ArraySlice<UInt8>], ofPart number: Int) throws(HTTPError) {
    for bytes in lines {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw HTTPError(
          400,
          "Part \(number) of the form has a header that is not UTF-8: \(Self.readable(bytes)). Send names in UTF-8.")
      }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmed
      switch line[..<colon].trimmed.lowercasedASCII {
      case "content-disposition": fileName = try Self.fileName(in: value, ofPart: number)
      case "content-type":
        // The type that browsers send for unknown files is less specific than the name's extension.
        contentType = value.lowercasedASCII == "application/octet-stream" ? nil : value
      case "content-transfer-encoding":
        guard ["7bit", "8bit", "binary"].contains(value.lowercasedASCII) else {
          throw HTTPError(400, "Part \(number) of the form is encoded as \(value); send its bytes as they are.")
        }
      default: break
      }
    }
  }

  private static func fileName(in disposition: String, ofPart number: Int) throws(HTTPError) -> String? {
    guard let extended = parameter("filename*", of: disposition) else { return parameter("filename", of: disposition) }
    guard let name = Self.extended(extended) else {
      throw HTTPError(400, "Part \(number) of the form has a filename* that is not UTF-8''NAME: \(extended).")
    }
    return name
  }

  /// Returns any bytes as text, unprintable ones as %XX.
  private static func readable(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { byte in
      (0x20..<0x7F).contains(byte)
        ? String(UnicodeScalar(byte))
        : "%"
          + String(
            decoding: [PercentCoding.hexDigits[Int(byte >> 4)], PercentCoding.hexDigits[Int(byte & 15)]], as: UTF8.self)
    }.joined()
  }

  /// The file's name without the directories that some clients send; `nil` if there is none.
  var baseName: String? {
    guard let fileName else { return nil }
    let name = fileName.utf8.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.last
    guard let name, let text = String(name), text != ".", text != ".." else { return nil }
    return text
  }

  static func boundary(ofContentType type: String) -> String? {
    guard type.lowercasedASCII.hasPrefix("multipart/form-data"), let boundary = parameter("boundary", of: type),
      (1...70).contains(boundary.utf8.count), !boundary.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F })
    else { return nil }
    return boundary
  }

  /// Returns a parameter of a header value, quoted or not. Browsers escape a quote as %22 and a newline as %0D%0A; other
  /// clients escape with a backslash.
  static func parameter(_ wanted: String, of value: String) -> String? {
    var rest = Array(value.utf8)[...].drop { $0 != UInt8(ascii: ";") }
    while !rest.isEmpty {
      rest = rest.dropFirst().drop { $0 == UInt8(ascii: " ") || $0 == 0x09 }
      let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
      rest = rest.dropFirst(name.count)
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst()
      let text = takeValue(&rest)
      if String(decoding: name, as: UTF8.self).trimmed.lowercasedASCII == wanted { return text }
      rest = rest.drop { $0 != UInt8(ascii: ";") }
    }
    return nil
  }

  private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> String {
    guard rest.first == UInt8(ascii: "\"") else {
      let token = rest.prefix { $0 != UInt8(ascii: ";") }
      rest = rest.dropFirst(token.count)
      return String(decoding: token, as: UTF8.self).trimmed
    }
    rest = rest.dropFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      // A backslash before any other character is one of a Windows path.
      if byte == UInt8(ascii: "\\"), let next = rest.first, next == UInt8(ascii: "\"") || next == byte {
        bytes.append(next)
        rest = rest.dropFirst()
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self).unescapingBrowserQuotes
  }

  /// Parses the format of RFC 5987: `UTF-8''percent-encoded`.
  private static func extended(_ value: String) -> String? {
    let parts = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].lowercasedASCII == "utf-8" else { return nil }
    return PercentCoding.decode(parts[2])
  }
}

extension String {
  /// The text without the three escapes of HTML's multipart/form-data encoding, and no others: a `%41` in a name is
  /// part of it.
  fileprivate var unescapingBrowserQuotes: String {
    var bytes: [UInt8] = []
    var rest = Array(utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2 {
        switch String(decoding: rest.prefix(2), as: UTF8.self) {
        case "22": bytes.append(UInt8(ascii: "\""))
        case "0D": bytes.append(0x0D)
        case "0A": bytes.append(0x0A)
        default:
          bytes.append(byte)
          continue
        }
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
