import CArchive

/// Compression of one text that is sent at once (RFC 1952).
public enum Gzip {
  private final class Output {
    var bytes: [UInt8] = []
  }

  /// nil where it cannot be compressed.
  public static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    guard let archive = archive_write_new() else { return nil }
    defer { archive_write_free(archive) }
    let output = Output()
    archive_write_set_format_raw(archive)
    archive_write_add_filter_gzip(archive)
    // Little effort: a listing shrinks to a tenth all the same.
    archive_write_set_options(archive, "gzip:compression-level=1,gzip:!timestamp")
    archive_write_set_bytes_per_block(archive, 0)
    let opened = archive_write_open(
      archive, Unmanaged.passUnretained(output).toOpaque(), nil,
      { _, context, buffer, count in
        guard let context else { return -1 }
        Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
          .bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
        return count
      }, nil)
    guard opened == ARCHIVE_OK, let entry = archive_entry_new() else { return nil }
    defer { archive_entry_free(entry) }
    archive_entry_set_filetype(entry, carchive_file)
    guard archive_write_header(archive, entry) == ARCHIVE_OK,
      bytes.withUnsafeBytes({ archive_write_data(archive, $0.baseAddress, $0.count) }) == bytes.count,
      archive_write_close(archive) == ARCHIVE_OK
    else { return nil }
    return withExtendedLifetime(output) { $0.bytes }
  }
}
