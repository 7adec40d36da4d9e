import Keys
import S3

/// The names of files in a directory that is a state: keys as the mount spells them, and beside them the sidecars.
///
/// | file | is |
/// |---|---|
/// | `NAME` | the object of that name |
/// | `NAME@s3` | headers, metadata and tags of the object NAME |
/// | `@s3` in a bucket's folder | defaults of the bucket |
/// | `NAME‛@s3` | the object whose name really ends in `@s3` |
///
/// `‛@` is no escape of the mount's spelling, so that nothing else is written in this way. Only files are quoted: a
/// directory is never a sidecar.
enum FixtureNames {
  static let suffix = "@s3"
  static let rules = "@s3expect"
  private static let quotedSuffix = "\u{201B}@s3"

  enum Kind: Equatable {
    /// The name in the mount's spelling.
    case object(String)
    /// The sidecar of the file of this name, spelt as it is on disk.
    case sidecar(String)
  }

  static func parse(_ name: String) -> Kind {
    guard name.utf8.ends(with: suffix.utf8) else { return .object(name) }
    let owner = String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self)
    let quotes = owner.unicodeScalars.reversed().prefix { $0 == "\u{201B}" }.count
    guard !quotes.isMultiple(of: 2) else { return .sidecar(owner) }
    let unquoted = String(String.UnicodeScalarView(owner.unicodeScalars.dropLast()))
    return .object(unquoted + suffix)
  }

  /// The file's name on disk for a name in the mount's spelling.
  static func file(forName name: String) -> String {
    guard name.utf8.ends(with: suffix.utf8) else { return name }
    return String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self) + quotedSuffix
  }

  /// The path components on disk of a key below its bucket's folder.
  static func path(forKey key: ObjectKey, isShadowed: Bool) -> [String] {
    var path = KeyMapping.path(forKey: key) { _ in isShadowed }
    if let last = path.popLast() { path.append(file(forName: last)) }
    return path
  }

  /// Returns the sidecar's name; `nil` if it would be longer than a file name may be.
  static func sidecar(forFile name: String) -> String? {
    let sidecar = name + suffix
    return sidecar.utf8.count <= KeyMapping.maximumNameLength ? sidecar : nil
  }

  /// Returns the keys that need a `‛object` name: those that are also a directory, and markers with bytes.
  static func isShadowed(_ key: ObjectKey, next: ObjectKey?) -> Bool {
    if key.string.utf8.last == UInt8(ascii: "/") { return true }
    return next.map { $0.hasPrefix(ObjectKey(key.string + "/")) } ?? false
  }
}

extension Sequence where Element == UInt8 {
  func ends(with other: some BidirectionalCollection<UInt8>) -> Bool where Self: BidirectionalCollection {
    self.suffix(other.count).elementsEqual(other)
  }
}
