/// Writes the small documents that are sent to S3.
struct XMLWriter {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

  static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  /// Returns the document `<name xmlns="…">…</name>`.
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
      // Unescaped, a parser would convert them to a plain space or a line feed.
      case "\r", "\n", "\t": text += "&#\(scalar.value);"
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "</\(name)>"
  }

  /// Returns whether XML 1.0 can contain the text, in whatever spelling (production [2], Char).
  static func canCarry(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { ForbiddenCharacters.mask(of: $0.value) == nil }
  }
}
