import CArchive
import Glibc

/// Reads an archive from an open file. Nothing in it is trusted: names are returned as they are, byte for byte, to be
/// checked by the caller. Only in a zip made on Windows a backslash becomes "/", if the name has no "/".
///
/// Blocks for disk reads and decompression. For one task at a time.
public final class ArchiveReader {
  private static let blockSize = 128 << 10

  private let archive: OpaquePointer
  /// The number of bytes of the current file that have not been read.
  private var missing: Int64 = 0
  private var hasEnded = true
  /// `nil` if names need not be exact.
  private var names: (any ExactNames)?

  /// Opens an archive. The descriptor is read from its beginning, and stays open.
  /// - Parameter exactNames: whether names matter. For a compressed tar they double the cost.
  public init(descriptor: Int32, format: ArchiveFormat, exactNames: Bool = true) throws(ArchiveError) {
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
    switch format {
    case .zip:
      // libarchive also reads a zip whose end is missing.
      guard let found = ZipNames(FileBytes(descriptor: descriptor)) else {
        throw ArchiveError("it has no central directory")
      }
      names = found
    case .tar: if exactNames { names = Self.tarNames(descriptor, archive) }
    }
  }

  private static func tarNames(_ descriptor: Int32, _ archive: OpaquePointer) -> TarNames? {
    let file = FileBytes(descriptor: descriptor)
    guard archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE else { return TarNames(source: file) }
    return DecompressedBytes(descriptor: descriptor).map { TarNames(source: $0) }
  }

  deinit { archive_read_free(archive) }

  /// Returns the next entry; `nil` at the end.
  public func next() throws(ArchiveError) -> ArchiveEntry? {
    try UTF8Locale.run { () throws(ArchiveError) -> ArchiveEntry? in
      var entry: OpaquePointer?
      let result = archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { return nil }
      guard result >= ARCHIVE_WARN, let entry else { throw failure }
      var found = Self.read(entry)
      names?.settle(&found, at: archive_read_header_position(archive))
      (missing, hasEnded) = (found.size, false)
      return found
    }
  }

  /// Returns more bytes of the entry; `nil` at its end.
  public func read() throws(ArchiveError) -> [UInt8]? {
    if hasEnded { return hole() }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
      let got = archive_read_data(archive, buffer.baseAddress, buffer.count)
      failed = got < 0
      count = max(0, Int(got))
    }
    if failed { throw failure }
    if !bytes.isEmpty {
      missing -= Int64(bytes.count)
      return bytes
    }
    hasEnded = true
    return hole()
  }

  /// Returns the zeros in which a sparse file ends: libarchive does not count them.
  private func hole() -> [UInt8]? {
    guard missing > 0 else { return nil }
    let zeros = [UInt8](repeating: 0, count: Int(min(missing, Int64(Self.blockSize))))
    missing -= Int64(zeros.count)
    return zeros
  }

  private static func name(of entry: OpaquePointer) -> String? {
    guard let text = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry) else { return nil }
    return String(validatingCString: text)
  }

  private static func read(_ entry: OpaquePointer) -> ArchiveEntry {
    var result = ArchiveEntry(
      name(of: entry), kind(of: entry), size: archive_entry_size(entry),
      permissions: UInt32(archive_entry_perm(entry)) & 0o7777, modifiedSeconds: Int64(archive_entry_mtime(entry)),
      modifiedNanoseconds: Int32(clamping: archive_entry_mtime_nsec(entry)))
    archive_entry_xattr_reset(entry)
    var (name, value, size) = (UnsafePointer<CChar>?.none, UnsafeRawPointer?.none, 0)
    while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
      guard let name, let text = String(validatingCString: name) else { continue }
      result.attributes[text] = Array(UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size))
    }
    return result
  }

  private static func kind(of entry: OpaquePointer) -> ArchiveEntry.Kind {
    if let target = archive_entry_hardlink(entry) {
      return String(validatingCString: target).map { .hardLink(name: $0) }
        ?? .other("a link to a name that is not UTF-8")
    }
    switch archive_entry_filetype(entry) {
    case carchive_file: return .file
    case carchive_directory: return .directory
    case carchive_symbolic_link:
      guard let target = archive_entry_symlink(entry) ?? archive_entry_symlink_utf8(entry),
        let text = String(validatingCString: target)
      else { return .other("a symbolic link to a name that is not UTF-8") }
      return .symbolicLink(target: text)
    default: return .other("a device or something else that is no file")
    }
  }

  private var failure: ArchiveError {
    ArchiveError(archive_error_string(archive).map { String(cString: $0) } ?? "the archive cannot be read")
  }
}
