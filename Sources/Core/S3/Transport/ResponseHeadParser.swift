/// Builds a `ResponseHead` from libcurl's header callbacks, which pass one line each.
struct ResponseHeadParser {
  /// Lines beyond this are not collected: no answer of S3 comes near this limit (metadata is limited to 2 KiB).
  static let maximumFields = 256

  private var head = ResponseHead(status: 0)
  private(set) var isComplete = false

  /// Takes one line. Returns the head when this line (the empty one) completes it. Interim answers (1xx) are skipped,
  /// and trailers, which come after the head, are ignored.
  mutating func take(line: UnsafeRawBufferPointer) -> ResponseHead? {
    guard !isComplete else { return nil }
    let text = Self.trimmed(line)
    if text.isEmpty { return finish() }
    if text.starts(with: "HTTP/".utf8) {
      head = ResponseHead(status: Self.status(of: text))
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), head.fields.count < Self.maximumFields {
      let name = Self.lowercased(UnsafeRawBufferPointer(rebasing: text[..<colon]))
      let value = Self.trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]))
      let (text, isLatin1) = HeaderText.text(value)
      head.fields.append(HeaderField(name: name, value: text, isLatin1: isLatin1))
    }
    return nil
  }

  private mutating func finish() -> ResponseHead? {
    guard head.status >= 200 else { return nil }
    isComplete = true
    return head
  }

  private static func status(of line: UnsafeRawBufferPointer) -> Int {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: true)
    guard parts.count >= 2 else { return 0 }
    return Int(String(decoding: parts[1], as: UTF8.self)) ?? 0
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
    var start = bytes.startIndex
    var end = bytes.endIndex
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  private static func lowercased(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count) { buffer in
      for (index, byte) in bytes.enumerated() { buffer[index] = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
      return bytes.count
    }
  }
}
