import Archive
import Core

/// The name of an archive's entry in the mount's spelling. Accepts only names that lead downwards.
struct UnpackName: Equatable {
  /// The relative name; ends in "/" for a directory. Empty for the directory itself, which tar writes as "./".
  let name: String
  var isDirectory: Bool { name.utf8.last == UInt8(ascii: "/") }
  var isTop: Bool { name.isEmpty }
  /// The directories above it, without slashes at their ends: "a" and "a/b" of "a/b/c". As keys, which are compared by
  /// bytes.
  var parents: [ObjectKey] {
    let own = name.utf8.dropLast(isDirectory ? 1 : 0)
    return own.indices.filter { own[$0] == UInt8(ascii: "/") }.map { ObjectKey(String(Substring(own[..<$0]))) }
  }

  /// - Parameter isOurs: whether the entry was made by `?tar`, which escapes nothing that S3 allows in a key. `?zip`
  ///   marks this in the entry.
  init(_ entry: ArchiveEntry, isOurs: Bool = false) throws(HTTPError) {
    if case .other(let what) = entry.kind { throw HTTPError(400, "it is \(what)") }
    guard let name = entry.name else { throw HTTPError(400, "its name is not UTF-8") }
    if let problem = entry.problem { throw HTTPError(400, problem) }
    try self.init(name, isDirectory: entry.kind == .directory, isOurs: isOurs || entry.hasLiteralName)
  }

  init(_ name: String, isDirectory: Bool, isOurs: Bool = false) throws(HTTPError) {
    var segments = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    guard segments.first?.isEmpty == false else { throw HTTPError(400, "its name is empty or absolute") }
    // tar writes "./a" for an entry at the top.
    while segments.count > 1, segments[0] == "." { segments.removeFirst() }
    if segments.last?.isEmpty == true { segments.removeLast() }
    if segments.isEmpty || segments == ["."] {
      self.name = ""
      return
    }
    guard segments.allSatisfy({ $0 != "." && $0 != ".." && !$0.isEmpty }) else {
      throw HTTPError(400, "its name has a segment \".\", \"..\" or an empty one")
    }
    if !isOurs {
      // Archives made on Windows. A key could contain it, but hardly on purpose.
      guard !name.utf8.contains(UInt8(ascii: "\\")) else { throw HTTPError(400, "its name contains a backslash") }
      guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
        throw HTTPError(400, "its name holds control characters")
      }
    }
    self.name = segments.joined(separator: "/") + (isDirectory || name.utf8.last == UInt8(ascii: "/") ? "/" : "")
  }
}
