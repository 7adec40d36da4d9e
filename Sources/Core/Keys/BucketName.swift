/// The naming rules of general-purpose buckets (Amazon S3 User Guide, "General purpose bucket naming rules").
package enum BucketName {
  private static let reservedPrefixes = ["xn--", "sthree-", "amzn-s3-demo-"]
  private static let reservedSuffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]

  /// Throws the first rule that a name breaks.
  package static func validate(_ name: String) throws(BucketNameError) {
    if let rule = brokenRule(Array(name.utf8)) { throw BucketNameError(name: name, rule: rule) }
  }

  /// Throws why no S3 can have a bucket of this name. Accepts the names that buckets could have before 2018, which AWS
  /// and some emulators still serve: capitals, underscores, up to 255 characters.
  package static func validateExisting(_ name: String) throws(BucketNameError) {
    func broken(_ rule: String) -> BucketNameError { BucketNameError(name: name, rule: rule) }
    let characters = Array(name.utf8)
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard characters.allSatisfy({ isAlphanumeric($0) || capitals ~= $0 || "-._".utf8.contains($0) }) else {
      throw broken("it may hold only letters, digits, hyphens, dots and underscores")
    }
    guard (3...255).contains(characters.count) else { throw broken("it must be 3 to 63 characters long") }
    guard !isAddress(characters) else { throw broken(addressRule) }
  }

  private static func brokenRule(_ name: [UInt8]) -> String? {
    guard (3...63).contains(name.count) else { return "it must be 3 to 63 characters long" }
    guard name.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
      return "it may hold only lower-case letters, digits, hyphens and dots"
    }
    guard isAlphanumeric(name[0]), isAlphanumeric(name[name.count - 1]) else {
      return "it must begin and end with a letter or a digit"
    }
    let dot = UInt8(ascii: ".")
    guard !zip(name, name.dropFirst()).contains(where: { $0 == dot && $1 == dot }) else {
      return "it must not hold two dots in a row"
    }
    guard !isAddress(name) else { return addressRule }
    if let prefix = reservedPrefixes.first(where: { name.starts(with: $0.utf8) }) {
      return "it must not begin with \"\(prefix)\", which AWS reserves"
    }
    if let suffix = reservedSuffixes.first(where: { name.reversed().starts(with: $0.utf8.reversed()) }) {
      return "it must not end with \"\(suffix)\", which AWS reserves"
    }
    return nil
  }

  private static let addressRule = "it must not look like an IP address"

  private static func isAddress(_ name: [UInt8]) -> Bool {
    let labels = name.split(separator: UInt8(ascii: "."))
    return labels.count == 4 && labels.allSatisfy { $0.count <= 3 && $0.allSatisfy(isDigit) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
  }
}

/// The reason why a name cannot be a bucket's.
package struct BucketNameError: Error, Hashable, Sendable, CustomStringConvertible {
  package let name: String
  /// The rule that is broken, as "it must …".
  package let rule: String

  package var description: String { "\"\(name)\" cannot be a bucket's name: \(rule)" }
}
