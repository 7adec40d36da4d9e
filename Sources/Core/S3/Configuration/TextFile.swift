import Glibc

/// Small text files, read whole.
public enum TextFile {
  /// A file that exists, and cannot be read.
  public struct Unreadable: Error, Hashable, Sendable {
    /// The system's message.
    public let reason: String
  }

  /// Returns the text of the file at `path`; nil when it cannot be read.
  public static func read(_ path: String) -> String? { try? readExisting(path) }

  /// Returns the text of the file at `path`; nil when there is none that this user could see.
  public static func readExisting(_ path: String) throws(Unreadable) -> String? {
    guard access(path, F_OK) == 0 else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 1)
    defer { chunk.deallocate() }
    while bytes.count < 1 << 20 {
      let count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static var failure: Unreadable { Unreadable(reason: String(cString: strerror(errno))) }
}
