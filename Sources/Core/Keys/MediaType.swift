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
  /// call.
  package static func ofFile(named name: String) -> String { ofFile(named: name, in: types) }

  /// Same as `ofFile(named:)`, as a pure function.
  static func ofFile(named name: String, in types: [String: String]) -> String {
    let lowercased = name.lowercased()
    // The dot of ".profile" begins the name, not an extension.
    guard let dot = lowercased.utf8.lastIndex(of: UInt8(ascii: ".")), dot > lowercased.startIndex else {
      return plainTextNames.contains(lowercased) ? "text/plain" : unknown
    }
    return types[String(lowercased[lowercased.utf8.index(after: dot)...])] ?? unknown
  }

  /// Parses extensions and their types from a table in the form of mime.types(5): a type and its extensions in each
  /// line. The first type that names an extension wins. An invalid line is skipped.
  static func parse(_ table: String) -> [String: String] {
    var types: [String: String] = [:]
    for line in table.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let type = words.first, type.contains("/") else { continue }
      for suffix in words.dropFirst() where types[suffix.lowercased()] == nil {
        types[suffix.lowercased()] = String(type)
      }
    }
    return types
  }

  private static let types: [String: String] = {
    let system = FileManager.default.contents(atPath: "/etc/mime.types").map { String(decoding: $0, as: UTF8.self) }
    return parse(common).merging(parse(system ?? "")) { ours, _ in ours }
  }()

  private static let plainTextNames: Set<String> = [
    "authors", "changelog", "codeowners", "containerfile", "contributing", "copying", "dockerfile", "gemfile",
    "license", "makefile", "notice", "procfile", "rakefile", "readme", "todo", "vagrantfile",
  ]
}
