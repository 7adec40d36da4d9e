/// The user and password of `--auth`, checked against HTTP's Basic scheme (RFC 7617).
struct BasicCredentials: Sendable {
  private let expected: [UInt8]

  init(user: String, password: String) { expected = Array("\(user):\(password)".utf8) }

  func matches(authorization: String?) -> Bool {
    guard let given = Self.given(authorization) else { return false }
    return Self.equalInConstantTime(given, expected)
  }

  /// Returns the bytes `user:password` of a header; `nil` if it has another scheme or is malformed.
  static func given(_ authorization: String?) -> [UInt8]? {
    guard let authorization, case let parts = authorization.trimmed.split(separator: " ", maxSplits: 1),
      parts.count == 2, parts[0].lowercasedASCII == "basic"
    else { return nil }
    return Base64.decode(parts[1].trimmed)
  }

  /// Returns the user and the password of a header.
  static func pair(_ authorization: String?) -> (user: String, password: [UInt8])? {
    guard let given = given(authorization), let colon = given.firstIndex(of: UInt8(ascii: ":")),
      let user = String(validating: given[..<colon], as: UTF8.self)
    else { return nil }
    return (user, Array(given[(colon + 1)...]))
  }

  /// Compares in constant time, independent of the first difference and of the lengths.
  static func equalInConstantTime(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
    let width = 1024
    guard expected.count <= width, given.count <= width else { return false }
    var difference = given.count ^ expected.count
    let padded = given + [UInt8](repeating: 0, count: width - given.count)
    let secret = expected + [UInt8](repeating: 0, count: width - expected.count)
    for index in 0..<width { difference |= Int(padded[index] ^ secret[index]) }
    return difference == 0
  }
}

/// Decodes Base64 (RFC 4648 section 4); padding may be missing.
enum Base64 {
  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text.utf8.reversed().drop(while: { $0 == UInt8(ascii: "=") }).reversed() {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return count == 6 ? nil : bytes
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case 0x41...0x5A: character - 0x41
    case 0x61...0x7A: character - 0x61 + 26
    case 0x30...0x39: character - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
