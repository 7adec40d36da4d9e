/// Why a text is not JSON, and where.
package struct JSONFailure: Error, Hashable, Sendable {
  package let line: Int
  package let column: Int
  package let reason: String
}

extension JSONValue {
  /// Parses a whole document (RFC 8259). Bounded in depth, so that no document exhausts the stack.
  package static func parse(_ bytes: [UInt8]) throws(JSONFailure) -> JSONValue {
    var parser = JSONParser(bytes)
    return try parser.document()
  }
}

private struct JSONParser {
  private static let maximumDepth = 256

  private let bytes: [UInt8]
  private var position: Int
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark is not part of the text.
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  mutating func document() throws(JSONFailure) -> JSONValue {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("nothing may follow the value") }
    return value
  }

  private mutating func value() throws(JSONFailure) -> JSONValue {
    skipSpace()
    guard let byte = peek else { throw failure("a value is missing") }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      if take("null") { return .null }
      throw failure("a value is expected here")
    }
  }

  private mutating func object() throws(JSONFailure) -> JSONValue {
    try enter()
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") {
      depth -= 1
      return .object(members)
    }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("a member's name in double quotes is expected here") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw failure("a colon is expected here") }
      members.append(JSONValue.Member(name, try value()))
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw failure("a comma or } is expected here") }
      depth -= 1
      return .object(members)
    }
  }

  private mutating func array() throws(JSONFailure) -> JSONValue {
    try enter()
    var values: [JSONValue] = []
    skipSpace()
    if take("]") {
      depth -= 1
      return .array(values)
    }
    while true {
      values.append(try value())
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw failure("a comma or ] is expected here") }
      depth -= 1
      return .array(values)
    }
  }

  private mutating func enter() throws(JSONFailure) {
    guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth)") }
    depth += 1
    position += 1
  }

  private mutating func number() throws(JSONFailure) -> JSONValue {
    let start = position
    _ = take("-")
    if !take("0") { guard digits() else { throw failure("a digit is expected here") } }
    if take(".") { guard digits() else { throw failure("a digit is expected after the point") } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { throw failure("a digit is expected in the exponent") }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position > start
  }

  private mutating func string() throws(JSONFailure) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("the string is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): try escape(to: &text)
      case ..<0x20: throw failure("a control character must be escaped")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw failure("the string has no end")
  }

  private mutating func escape(to text: inout [UInt8]) throws(JSONFailure) {
    position += 1
    guard let byte = peek else { throw failure("the string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var code = try unit()
      if (0xD800..<0xDC00).contains(code), take("\\u") {
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair is no character") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair is no character") }
      text += Array(String(scalar).utf8)
    default: throw failure("there is no such escape")
    }
  }

  private mutating func unit() throws(JSONFailure) -> UInt32 {
    let end = position + 4
    guard end <= bytes.count,
      let code = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits are expected here") }
    position = end
    return code
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    let isSame = text.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
    if isSame { position += count }
    return isSame
  }

  private func failure(_ reason: String) -> JSONFailure {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? before.startIndex
    // Columns are characters, as editors count them.
    let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    return JSONFailure(line: line, column: column, reason: reason)
  }
}
