/// The fields of an application/x-www-form-urlencoded body.
struct FormFields {
  /// All fields in their order.
  let all: [(name: String, value: String)]

  /// Parses the body. Throws 400 for a field that is malformed or not UTF-8, instead of ignoring it.
  init(_ body: [UInt8]) throws(HTTPError) {
    var fields: [(name: String, value: String)] = []
    for pair in body.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : []) else {
        throw HTTPError(400, "A field of the form has a malformed percent-escape, or its bytes are not UTF-8.")
      }
      fields.append((name, value))
    }
    all = fields
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    String(validating: bytes, as: UTF8.self).flatMap { PercentCoding.decode($0, plusIsSpace: true) }
  }

  /// All values of a name.
  subscript(name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }
}
