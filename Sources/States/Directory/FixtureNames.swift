import Keys
import S3

/// The names of files in a directory that is a state: keys as the mount spells them, and beside them the sidecars.
///
/// | file | is |
/// |---|---|
/// | `NAME` | the object of that name |
/// | `NAME@s3` | headers, metadata and tags of the object NAME |
/// | `@s3` in a bucket's folder | defaults of the bucket |
/// | `NAME‛@s3` | the object or folder whose name really ends in `@s3` |
///
/// `‛@` is not an escape of the mount's spelling, so that nothing else is written in this way. Folders are quoted as
/// files are: `NAME@s3/` could not be beside the sidecar `NAME@s3`. A name that the quote makes longer than 255 bytes
/// is cut into a continuation directory and the rest, as the mount does it with longer ones.
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

  /// Returns the file's name on disk for a name in the mount's spelling.
  static func file(forName name: String) -> String {
    guard name.utf8.ends(with: suffix.utf8) else { return name }
    return String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self) + quotedSuffix
  }

  /// Returns the path components on disk of a key below its bucket's folder.
  static func path(forKey key: ObjectKey, isShadowed: Bool) -> [String] {
    path(forNames: KeyMapping.path(forKey: key) { _ in isShadowed })
  }

  /// Returns the path components on disk for those in the mount's spelling.
  private static func path(forNames names: [String]) -> [String] {
    guard names.contains(where: { $0.utf8.ends(with: suffix.utf8) }) else { return names }
    return names.flatMap { name -> [String] in
      let quoted = file(forName: name)
      guard quoted.utf8.count > KeyMapping.maximumNameLength, let (directory, rest) = KeyMapping.split(name) else {
        return [quoted]
      }
      return [directory, file(forName: rest)]
    }
  }

  /// Returns the key of a file below its bucket's folder, by its path components on disk.
  static func key(forPath path: [String]) throws(KeyMappingError) -> ObjectKey {
    guard path.contains(where: { $0.utf8.ends(with: suffix.utf8) }) else {
      return try KeyMapping.key(forPath: path, isDirectory: false)
    }
    var names: [String] = []
    for name in path {
      guard case .object(let plain) = parse(name) else { throw KeyMappingError(.misplaced, name: name) }
      if !plain.utf8.elementsEqual(name.utf8), let last = names.last,
        let whole = KeyMapping.joined(directory: last, rest: plain)
      {
        names[names.count - 1] = whole
      } else {
        names.append(plain)
      }
    }
    let spelling = Self.path(forNames: names)
    guard spelling.count == path.count, zip(spelling, path).allSatisfy({ $0.utf8.elementsEqual($1.utf8) }) else {
      throw KeyMappingError(.misplaced, name: path.last ?? "")
    }
    return try KeyMapping.key(forPath: names, isDirectory: false)
  }

  /// Returns the sidecar's name; `nil` if it would be longer than a file name may be.
  static func sidecar(forFile name: String) -> String? {
    let sidecar = name + suffix
    return sidecar.utf8.count <= KeyMapping.maximumNameLength ? sidecar : nil
  }

  /// Returns whether a key needs a `‛object` name: keys that are also a directory, and markers with bytes.
  static func isShadowed(_ key: ObjectKey, next: ObjectKey?) -> Bool {
    if key.string.utf8.last == UInt8(ascii: "/") { return true }
    return next.map { $0.hasPrefix(ObjectKey(key.string + "/")) } ?? false
  }
}

extension BidirectionalCollection where Element == UInt8 {
  func ends(with other: some BidirectionalCollection<UInt8>) -> Bool {
    // Of nearly all names the last byte decides.
    guard let end = other.last else { return true }
    return last == end && suffix(other.count).elementsEqual(other)
  }
}
