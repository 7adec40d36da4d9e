/// Header fields in their order; names are compared ignoring case (RFC 9110 section 5.1).
struct Headers: Sendable, ExpressibleByDictionaryLiteral {
  private(set) var fields: [(name: String, value: String)] = []

  init() {}
  init(dictionaryLiteral elements: (String, String)...) { for (name, value) in elements { add(name, value) } }

  /// The value of the first field with that name.
  subscript(name: String) -> String? {
    fields.first { Self.equal($0.name, name) }?.value
  }

  /// Returns all values of a list-valued field, joined as RFC 9110 section 5.3 allows.
  func joined(_ name: String) -> String? {
    let values = all(name)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  func all(_ name: String) -> [String] { fields.filter { Self.equal($0.name, name) }.map(\.value) }

  /// Adds a field. Drops control characters, with which a value could forge other fields.
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

  /// Returns whether a field's name may contain the byte (RFC 9110 section 5.6.2).
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
  /// The text without blanks and tabs around it.
  var trimmed: String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    var bytes = Array(utf8)[...].drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text with ASCII letters in lower case, and everything else unchanged.
  var lowercasedASCII: String { String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self) }
}
