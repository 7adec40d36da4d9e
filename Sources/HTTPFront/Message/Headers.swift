/// Header fields in their order, names compared without case (RFC 9110 section 5.1).
struct Headers: Sendable, ExpressibleByDictionaryLiteral {
  private(set) var fields: [(name: String, value: String)] = []

  init() {}
  init(dictionaryLiteral elements: (String, String)...) { for (name, value) in elements { add(name, value) } }

  /// The first field of that name.
  subscript(name: String) -> String? {
    fields.first { Self.equal($0.name, name) }?.value
  }

  /// Every value of a list-valued field, joined as RFC 9110 section 5.3 allows.
  func joined(_ name: String) -> String? {
    let values = all(name)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  func all(_ name: String) -> [String] { fields.filter { Self.equal($0.name, name) }.map(\.value) }

  /// Adds a field. Control characters cannot pass: a value that holds them would forge other fields.
  mutating func add(_ name: String, _ value: String) {
    fields.append((name, Self.oneLine(value)))
  }

  mutating func add(_ name: String, _ value: String?) {
    if let value { add(name, value) as Void }
  }

  private static func oneLine(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else { return value }
    let bytes = value.utf8.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a field's name may hold it (RFC 9110 section 5.6.2).
  static func isToken(_ byte: UInt8) -> Bool {
    PercentCoding.isUnreserved(byte) || "!#$%&'*+^`|".utf8.contains(byte)
  }

  static func equal(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      && zip(left.utf8, right.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self + 0x20 : self }
}

extension StringProtocol {
  /// Without the blanks and tabs around it.
  var trimmed: String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    var bytes = Array(utf8)[...].drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// ASCII letters in lower case, everything else untouched.
  var lowercasedASCII: String { String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self) }
}
