// What S3 accepts as tags of an object.

extension Tag {
  private static let most = 10
  private static let longestName = 128
  private static let longestValue = 256

  /// Returns why no object can have these tags, by their number, names and lengths; `nil` if one can.
  package static func problem(of tags: [Tag]) -> String? {
    guard tags.count <= most, Set(tags.map { Array($0.key.utf8) }).count == tags.count else {
      return "S3 keeps at most \(most) tags with an object, each name once"
    }
    let isShort = tags.allSatisfy { tag in
      (1...longestName).contains(tag.key.unicodeScalars.count) && tag.value.unicodeScalars.count <= longestValue
    }
    return isShort
      ? nil : "a tag has a name of 1 to \(longestName) characters and a value of at most \(longestValue)"
  }

  /// The reason why S3 rejects the tag's name or value, for its characters; `nil` if it accepts both.
  package var problem: String? {
    if key.utf8.starts(with: "aws:".utf8) || !Self.isText(key) { return "\"\(key)\" cannot be a tag's name" }
    return Self.isText(value) ? nil : "\"\(value)\" cannot be a tag's value"
  }

  /// Returns whether a text consists of letters, digits and blanks of all languages, and some signs.
  private static func isText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
        true
      default: "_.:/=+-@".unicodeScalars.contains(scalar)
      }
    }
  }
}
