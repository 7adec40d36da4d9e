import Glibc

// Files of many lines, which need not be in memory as a whole.

/// Writes a file piece by piece.
final class PieceWriter {
  private static let room = 256 << 10

  private let descriptor: Int32
  private var waiting: [UInt8] = []
  private var isWritten = true

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func add(_ bytes: some Sequence<UInt8>) {
    waiting += bytes
    if waiting.count >= Self.room { flush() }
  }

  /// Appends a line and a line feed.
  func add(line: String) {
    waiting += line.utf8
    waiting.append(UInt8(ascii: "\n"))
    if waiting.count >= Self.room { flush() }
  }

  private func flush() {
    if isWritten { isWritten = FileAccess.write(waiting, to: descriptor) }
    waiting.removeAll(keepingCapacity: true)
  }

  /// Flushes the file. Returns false if not all could be written; `errno` has the reason.
  func finish() -> Bool {
    if isWritten { flush() }
    return isWritten
  }
}

extension FileAccess {
  /// Feeds the lines of a file to `consume`, without their line feeds and without empty ones, until that returns false.
  /// False when the file cannot be read. Constant memory.
  @discardableResult
  static func forEachLine(of path: String, _ consume: (ArraySlice<UInt8>) -> Bool) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var waiting: [UInt8] = []
    while true {
      guard let piece = next(descriptor, atMost: 256 << 10) else { return false }
      if piece.isEmpty { break }
      waiting += piece
      var rest = waiting[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        if end > rest.startIndex, !consume(rest[..<end]) { return true }
        rest = rest[(end + 1)...]
      }
      waiting = Array(rest)
    }
    if !waiting.isEmpty { _ = consume(waiting[...]) }
    return true
  }
}
