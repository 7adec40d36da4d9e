/// User metadata values in headers: text that HTTP cannot transmit is sent as encoded words (RFC 2047), which is also
/// how S3 itself returns values that are not ASCII.
enum MetadataText {
  /// RFC 2047 section 2: 75 characters in all, of which 12 are `=?UTF-8?B?` and `?=`; Base64 comes in groups of 4.
  private static let bytesPerWord = 45

  /// Encodes a value.
  /// - Parameter spelling: how the value was received, which is kept where it means this text.
  static func encode(_ text: String, as spelling: String? = nil) -> String {
    if let spelling, decode(spelling).utf8.elementsEqual(text.utf8) { return spelling }
    guard needsEncoding(text) else { return text }
    var words: [String] = []
    var bytes: [UInt8] = []
    func flush() {
      words.append("=?UTF-8?B?\(Base64.encode(bytes))?=")
      bytes.removeAll()
    }
    // A word holds whole characters: decoders may convert each alone.
    for scalar in text.unicodeScalars {
      let next = Array(String(scalar).utf8)
      if bytes.count + next.count > bytesPerWord { flush() }
      bytes += next
    }
    if !bytes.isEmpty { flush() }
    return words.joined(separator: " ")
  }

  /// Decodes every encoded word; white space between two of them is not part of the text (RFC 2047 section 6.2).
  static func decode(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "=")) else { return text }
    var output: [UInt8] = []
    var pendingBlank: Substring = ""
    var afterWord = false
    var rest = text[...]
    while !rest.isEmpty {
      if let (bytes, end) = word(at: rest) {
        if !afterWord { output += Array(pendingBlank.utf8) }
        pendingBlank = ""
        output += bytes
        afterWord = true
        rest = rest[end...]
      } else if rest.first == " " || rest.first == "\t" {
        let end = rest.firstIndex { $0 != " " && $0 != "\t" } ?? rest.endIndex
        pendingBlank = rest[..<end]
        rest = rest[end...]
      } else {
        output += Array(pendingBlank.utf8) + Array(String(rest.removeFirst()).utf8)
        pendingBlank = ""
        afterWord = false
      }
    }
    output += Array(pendingBlank.utf8)
    return String(decoding: output, as: UTF8.self)
  }

  /// Returns whether a text must be encoded: anything outside visible ASCII; blanks that a header would lose or a
  /// signature fold; text that looks encoded already.
  private static func needsEncoding(_ text: String) -> Bool {
    let utf8 = text.utf8
    return !utf8.allSatisfy { (0x20...0x7E).contains($0) } || utf8.first == 0x20 || utf8.last == 0x20
      || zip(utf8, utf8.dropFirst()).contains { ($0 == 0x20 && $1 == 0x20) || ($0 == 0x3D && $1 == 0x3F) }
  }

  /// Parses `=?charset?B|Q?text?=` at the beginning of `text`. Returns its bytes in UTF-8, and where it ends.
  private static func word(at text: Substring) -> ([UInt8], Substring.Index)? {
    guard text.hasPrefix("=?") else { return nil }
    let parts = text.dropFirst(2).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[3].first == "=" else { return nil }
    let bytes: [UInt8]?
    switch parts[1] {
    case "B", "b": bytes = Base64.decode(String(parts[2]))
    case "Q", "q": bytes = quotedPrintable(parts[2])
    default: bytes = nil
    }
    guard let bytes, let converted = utf8(bytes, charset: parts[0].lowercased()) else { return nil }
    return (converted, text.index(after: parts[3].startIndex))
  }

  private static func utf8(_ bytes: [UInt8], charset: String) -> [UInt8]? {
    switch charset {
    case "utf-8", "us-ascii": return bytes
    case "iso-8859-1":
      var text = String.UnicodeScalarView()
      for byte in bytes { text.append(Unicode.Scalar(byte)) }
      return Array(String(text).utf8)
    default: return nil
    }
  }

  /// Decodes RFC 2047 section 4.2: `_` is a space, `=XX` a byte.
  private static func quotedPrintable(_ text: Substring) -> [UInt8]? {
    var output: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "_"): output.append(0x20)
      case UInt8(ascii: "="):
        guard let high = bytes.next().flatMap(Hexadecimal.value), let low = bytes.next().flatMap(Hexadecimal.value)
        else { return nil }
        output.append(high << 4 | low)
      default: output.append(byte)
      }
    }
    return output
  }
}
