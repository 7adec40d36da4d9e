import FoundationEssentials

/// The Content-Type that a new object gets, by the extension of its name.
package enum MediaType {
  /// The type of a directory's marker, as s3fs and the AWS console write it.
  package static let directory = "application/x-directory"
  package static let unknown = "application/octet-stream"

  /// Returns whether a type means that nothing is known; S3 gives the second to objects that are sent without one.
  package static func isUnknown(_ type: String?) -> Bool {
    type == nil || type == unknown || type == "binary/octet-stream"
  }

  /// Returns the type by our own table, and for extensions that it does not know by the system's, read at the first
  /// such call.
  package static func ofFile(named name: String) -> String {
    type(of: name, in: commonTypes) ?? type(of: name, in: systemTypes) ?? unknown
  }

  /// Same as `ofFile(named:)` with one table, as a pure function.
  static func ofFile(named name: String, in types: [String: String]) -> String { type(of: name, in: types) ?? unknown }

  private static func type(of name: String, in types: [String: String]) -> String? {
    let lowercased = name.lowercased()
    // The dot of ".profile" begins the name, not an extension.
    guard let dot = lowercased.utf8.lastIndex(of: UInt8(ascii: ".")), dot > lowercased.startIndex else {
      return plainTextNames.contains(lowercased) ? "text/plain" : unknown
    }
    return types[String(lowercased[lowercased.utf8.index(after: dot)...])]
  }

  /// Parses extensions and their types from a table in the form of mime.types(5): a type and its extensions in each
  /// line. The first type that names an extension wins. An invalid line is skipped.
  static func parse(_ table: String) -> [String: String] {
    var types: [String: String] = [:]
    // By bytes: characters would take ten times as long, and the system's table has 2,000 lines.
    for line in table.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard let first = words.first, words.count > 1, first.contains(UInt8(ascii: "/")) else { continue }
      let type = String(Substring(first))
      for word in words.dropFirst() {
        let suffix = String(Substring(word)).lowercased()
        if types[suffix] == nil { types[suffix] = type }
      }
    }
    return types
  }

  private static let commonTypes = parse(common)

  private static let systemTypes = parse(
    FileManager.default.contents(atPath: "/etc/mime.types").map { String(decoding: $0, as: UTF8.self) } ?? "")

  private static let plainTextNames: Set<String> = [
    "authors", "changelog", "codeowners", "containerfile", "contributing", "copying", "dockerfile", "gemfile",
    "license", "makefile", "notice", "procfile", "rakefile", "readme", "todo", "vagrantfile",
  ]
}
