/// Written: zip with deflated entries, tar (POSIX pax) uncompressed. Read: zip, and tar as it is or compressed with gzip,
/// bzip2, xz or zstd.
public enum ArchiveFormat: String, Sendable {
  case zip, tar

  public var contentType: String { self == .zip ? "application/zip" : "application/x-tar" }
}
