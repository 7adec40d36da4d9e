/// The fields of an application/x-www-form-urlencoded body.
struct FormFields {
  private let fields: [(name: String, value: String)]

  /// Fields that are not UTF-8 are left out.
  init(_ body: [UInt8]) {
    fields = String(decoding: body, as: UTF8.self).split(separator: "&").compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = PercentCoding.decode(parts[0], plusIsSpace: true),
        let value = PercentCoding.decode(parts[1], plusIsSpace: true)
      else { return nil }
      return (name, value)
    }
  }

  /// Every value of that name.
  subscript(name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}
