/// Writes the small documents that S3 takes.
struct XMLWriter {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

  static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  /// The document `<name xmlns="…">…</name>`.
  static func document(_ name: String, _ content: (inout XMLWriter) -> Void) -> [UInt8] {
    var writer = XMLWriter()
    writer.text += "<\(name) xmlns=\"\(namespace)\">"
    content(&writer)
    writer.text += "</\(name)>"
    return Array(writer.text.utf8)
  }

  mutating func element(_ name: String, _ content: (inout XMLWriter) -> Void) {
    text += "<\(name)>"
    content(&self)
    text += "</\(name)>"
  }

  mutating func element(_ name: String, _ value: String) {
    text += "<\(name)>"
    for scalar in value.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      // As they are, a parser would make them a plain space or a line feed.
      case "\r", "\n", "\t": text += "&#\(scalar.value);"
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "</\(name)>"
  }

  /// Whether XML 1.0 can carry the text, in whatever spelling (production [2], Char).
  static func canCarry(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { ForbiddenCharacters.mask(of: $0.value) == nil }
  }
}
