import Archive

/// The key that an archive's entry is stored under, below the directory: only names that lead down and nowhere else.
struct UnpackName: Equatable {
  /// Ends in "/" for a directory.
  let key: String
  var isDirectory: Bool { key.utf8.last == UInt8(ascii: "/") }

  init(_ entry: ArchiveReader.Entry) throws(Refusal) {
    if case .other(let what) = entry.kind { throw Refusal(400, "it is \(what)") }
    guard let name = entry.name else { throw Refusal(400, "its name is not UTF-8") }
    var isDirectory = false
    if case .directory = entry.kind { isDirectory = true }
    try self.init(name, isDirectory: isDirectory)
  }

  init(_ name: String, isDirectory: Bool) throws(Refusal) {
    var segments = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    guard segments.first?.isEmpty == false else { throw Refusal(400, "its name is empty or absolute") }
    // tar writes "./a" for what stands at the top.
    if segments.count > 1, segments[0] == "." { segments.removeFirst() }
    if segments.last?.isEmpty == true { segments.removeLast() }
    guard !segments.isEmpty, segments != ["."] else { throw Refusal(400, "it is the directory itself") }
    guard segments.allSatisfy({ $0 != "." && $0 != ".." && !$0.isEmpty }) else {
      throw Refusal(400, "its name has a segment \".\", \"..\" or an empty one")
    }
    // Windows' archives; a key could hold it, but nobody means that.
    guard !name.utf8.contains(UInt8(ascii: "\\")) else { throw Refusal(400, "its name holds a backslash") }
    guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw Refusal(400, "its name holds control characters")
    }
    key = segments.joined(separator: "/") + (isDirectory || name.utf8.last == UInt8(ascii: "/") ? "/" : "")
  }
}
