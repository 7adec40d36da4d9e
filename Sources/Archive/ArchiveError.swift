/// Why an archive cannot be read or written, as libarchive puts it.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
