import Core

/// The names of an archive's entries, spelt as the mount spells them: the one place that turns keys into them.
/// `ObjectPath.place(ofFileName:)` turns them back.
///
/// No two entries have one name, and nothing stands below what is no directory: the object `d` beside the directory `d/`
/// is `d‛object`, and the bytes of the marker `m/` are `m/‛object`. Paths come in the order of their keys, so an object
/// waits until what comes next shows whether there is such a directory; only keys that begin with its own (`d-1`) come
/// between the two.
struct ArchiveNames {
  /// A thing to be packed under its name.
  struct Item: Equatable {
    let path: ObjectPath
    let name: String
    /// Whether the bytes of a directory's marker are meant, not the directory.
    var isBody = false
  }

  let top: ObjectPath
  /// Objects whose directory may still come. Each key begins with the one before.
  private var waiting: [ObjectPath] = []

  init(below top: ObjectPath) { self.top = top }

  /// What was chosen in the order in which it is to be packed, everything once.
  static func inOrder(_ chosen: [ObjectPath]) -> [ObjectPath] {
    var kept: [ObjectPath] = []
    var directory: ObjectPath?
    for path in chosen.sorted(by: { ($0.bucket, $0.key) < ($1.bucket, $1.key) }) {
      if let directory, path.bucket == directory.bucket, path.key.hasPrefix(directory.key) { continue }
      if path == kept.last { continue }
      kept.append(path)
      if path.isDirectory { directory = path }
    }
    return kept
  }

  /// Takes the next path in order, and returns those whose names are known now.
  /// - Parameter hasBody: of a directory's marker, whether it holds bytes.
  mutating func add(_ path: ObjectPath, hasBody: Bool = false) -> [Item] {
    var known: [Item] = []
    while let object = waiting.last, let isShadowed = Self.isShadowed(object, by: path) {
      waiting.removeLast()
      known += item(object, isShadowed: isShadowed)
    }
    guard path.isDirectory else {
      waiting.append(path)
      return known
    }
    known += item(path, isShadowed: false)
    return hasBody ? known + item(path, isShadowed: true) : known
  }

  /// Returns the rest, after the last path.
  mutating func finish() -> [Item] {
    defer { waiting = [] }
    return waiting.flatMap { item($0, isShadowed: false) }
  }

  /// The top itself has no name, but its marker's bytes have.
  private func item(_ path: ObjectPath, isShadowed: Bool) -> [Item] {
    guard let name = path.fileName(below: top, isShadowed: isShadowed) else { return [] }
    return [Item(path: path, name: name, isBody: path.isDirectory && isShadowed)]
  }

  /// Whether an object stands beside a directory of its name, as the next path shows; nil where a later one may.
  private static func isShadowed(_ object: ObjectPath, by next: ObjectPath) -> Bool? {
    guard object.bucket == next.bucket, next.key.hasPrefix(object.key) else { return false }
    guard let byte = next.key.string.utf8.dropFirst(object.key.length).first else { return false }
    let slash = UInt8(ascii: "/")
    return byte < slash ? nil : byte == slash
  }
}
