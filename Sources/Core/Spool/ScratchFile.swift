private import Glibc

/// A file in the cache directory for bytes that are needed during one request. It has no name, so that nothing is left
/// of it, however the process ends.
public final class ScratchFile: Sendable {
  private let file: SpoolFile

  init(_ file: SpoolFile) {
    self.file = file
    file.remove()
  }

  /// For reading. Valid as long as this object.
  public var descriptor: Int32 { file.descriptor }

  /// Writes bytes. Throws noSpace, ioFailure.
  public func write(_ bytes: [UInt8], at offset: Int64) throws(FileSystemError) {
    try file.write(bytes.span.bytes, at: offset)
  }
}
