import CArchive
import Glibc

/// Reads an archive from an open file. Nothing in it is trusted: names come as they are, to be judged by the caller.
///
/// Blocks for disk reads and decompression. For one task at a time.
public final class ArchiveReader {
  public struct Entry: Sendable {
    public enum Kind: Sendable {
      case file, directory
      /// Links and devices, in words.
      case other(String)
    }

    /// nil where it is not UTF-8.
    public var name: String?
    public var kind: Kind
  }

  private static let blockSize = 128 << 10

  private let archive: OpaquePointer

  /// The descriptor is read from its beginning, and stays open.
  public init(descriptor: Int32, format: ArchiveFormat) throws(ArchiveError) {
    guard let archive = archive_read_new() else { throw ArchiveError("out of memory") }
    self.archive = archive
    switch format {
    case .zip: archive_read_support_format_zip(archive)
    case .tar:
      archive_read_support_format_tar(archive)
      // One by one: "all" would also start programs.
      archive_read_support_filter_gzip(archive)
      archive_read_support_filter_bzip2(archive)
      archive_read_support_filter_xz(archive)
      archive_read_support_filter_zstd(archive)
    }
    lseek(descriptor, 0, SEEK_SET)
    guard archive_read_open_fd(archive, descriptor, Self.blockSize) == ARCHIVE_OK else {
      let failure = self.failure
      throw failure
    }
  }

  deinit { archive_read_free(archive) }

  /// The next entry; nil at the end.
  public func next() throws(ArchiveError) -> Entry? {
    try UTF8Locale.run { () throws(ArchiveError) -> Entry? in
      var entry: OpaquePointer?
      let result = archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { return nil }
      guard result >= ARCHIVE_WARN, let entry else { throw failure }
      return Entry(name: Self.name(of: entry), kind: Self.kind(of: entry))
    }
  }

  /// More bytes of the entry; nil at its end.
  public func read() throws(ArchiveError) -> [UInt8]? {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
      let got = archive_read_data(archive, buffer.baseAddress, buffer.count)
      failed = got < 0
      count = max(0, Int(got))
    }
    if failed { throw failure }
    return bytes.isEmpty ? nil : bytes
  }

  private static func name(of entry: OpaquePointer) -> String? {
    guard let text = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry) else { return nil }
    return String(validatingCString: text)
  }

  private static func kind(of entry: OpaquePointer) -> Entry.Kind {
    if archive_entry_hardlink(entry) != nil { return .other("a hard link") }
    switch archive_entry_filetype(entry) {
    case carchive_file: return .file
    case carchive_directory: return .directory
    case carchive_symbolic_link: return .other("a symbolic link")
    default: return .other("a device or something else that is no file")
    }
  }

  private var failure: ArchiveError {
    ArchiveError(archive_error_string(archive).map { String(cString: $0) } ?? "the archive cannot be read")
  }
}
