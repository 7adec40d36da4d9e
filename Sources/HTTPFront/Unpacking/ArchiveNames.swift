import Core

/// Derives the names of an archive's entries from keys, in the mount's spelling. `ObjectPath.place(ofFileName:)` is the
/// inverse.
///
/// No two entries have the same name, and nothing is below an entry that is not a directory: with a directory `d/` the
/// object `d` is `d‛object`, and the bytes of the marker `m/` are `m/‛object`. Paths arrive in the order of their keys,
/// so an object waits until later paths show whether such a directory exists; only keys that begin with its own (`d-1`)
/// come between the two.
struct ArchiveNames {
  /// An entry to pack and its name.
  struct Item: Equatable {
    let path: ObjectPath
    let name: String
    /// Whether it is the bytes of a directory's marker, not the directory.
    var isBody = false
  }

  let top: ObjectPath
  /// Objects whose directory may still follow. Each key begins with the previous one.
  private var waiting: [ObjectPath] = []

  init(below top: ObjectPath) { self.top = top }

  /// Returns the chosen paths in packing order, each once.
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

  /// Takes the next path in order. Returns the entries whose names are known now.
  /// - Parameter hasBody: whether a directory's marker has bytes.
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

  /// Returns the remaining entries, after the last path.
  mutating func finish() -> [Item] {
    defer { waiting = [] }
    return waiting.flatMap { item($0, isShadowed: false) }
  }

  /// Returns the path's entry. The top itself has no name, but its marker's bytes have.
  private func item(_ path: ObjectPath, isShadowed: Bool) -> [Item] {
    guard let name = path.fileName(below: top, isShadowed: isShadowed) else { return [] }
    return [Item(path: path, name: name, isBody: path.isDirectory && isShadowed)]
  }

  /// Returns whether there is a directory with the object's name, as far as the next path shows; `nil` if a later one may.
  private static func isShadowed(_ object: ObjectPath, by next: ObjectPath) -> Bool? {
    guard object.bucket == next.bucket, next.key.hasPrefix(object.key) else { return false }
    guard let byte = next.key.string.utf8.dropFirst(object.key.length).first else { return false }
    let slash = UInt8(ascii: "/")
    return byte < slash ? nil : byte == slash
  }
}
