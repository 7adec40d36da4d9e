/// An entry of an archive, without its bytes.
public struct ArchiveEntry: Sendable {
  public enum Kind: Sendable, Equatable {
    case file, directory
    case symbolicLink(target: String)
    /// The name of an earlier entry with the same bytes.
    case hardLink(name: String)
    /// A device or the like, as text. Never written.
    case other(String)
  }

  /// A relative path with "/"; `nil` if it is not UTF-8.
  public var name: String?
  /// Whether the archive marks the name as literal: then a backslash in it is not a separator. Read from a zip that
  /// this program wrote; for others, the caller must decide.
  public var hasLiteralName = false
  /// The reason why the entry cannot be used as it was read; usually `nil`.
  public var problem: String?
  public var kind: Kind
  /// In bytes; 0 unless it is a file.
  public var size: Int64
  /// 0 ... 0o7777.
  public var permissions: UInt32
  public var modifiedSeconds: Int64
  public var modifiedNanoseconds: Int32
  /// Extended attributes, which a zip cannot contain: PAX records `SCHILY.xattr.NAME`.
  public var attributes: [String: [UInt8]] = [:]

  public init(
    _ name: String?, _ kind: Kind, size: Int64 = 0, permissions: UInt32? = nil, modifiedSeconds: Int64,
    modifiedNanoseconds: Int32 = 0
  ) {
    self.name = name
    self.kind = kind
    self.size = kind == .file ? size : 0
    self.permissions = permissions ?? (kind == .directory ? 0o755 : 0o644)
    self.modifiedSeconds = modifiedSeconds
    self.modifiedNanoseconds = modifiedNanoseconds
  }
}

/// A format of archives. Writes zip with deflated entries and uncompressed tar (POSIX pax). Reads zip, and tar
/// uncompressed or compressed with gzip, bzip2, xz or zstd.
public enum ArchiveFormat: String, Sendable {
  case zip, tar

  public var contentType: String { self == .zip ? "application/zip" : "application/x-tar" }
}

/// The reason why an archive cannot be read or written, in libarchive's words.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
