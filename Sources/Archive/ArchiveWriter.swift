import CArchive

/// Creates an archive piece by piece: each call returns the bytes that are ready, and nothing else is stored.
public actor ArchiveWriter {
  /// The buffer that libarchive's write callback fills. Only used inside calls of the actor.
  private final class Output {
    var bytes: [UInt8] = []
  }

  /// The compression level: compressing must not be slower than the bytes arrive. "experimental" adds the extra field
  /// "xl" to local headers, which marks the entry as made on Unix: `ZipNames` recognises entries of this program by it,
  /// and libarchive leaves backslashes in their names unchanged.
  private static let zipOptions = "zip:compression-level=1,zip:experimental"
  /// Writes attributes as GNU tar, bsdtar and Python know them, once.
  private static let tarOptions = "pax:xattrheader=SCHILY"

  /// libarchive's object, freed with its owner.
  private final class Handle {
    let pointer: OpaquePointer

    init() throws(ArchiveError) {
      guard let pointer = archive_write_new() else { throw ArchiveError("out of memory") }
      self.pointer = pointer
    }

    deinit { archive_write_free(pointer) }
  }

  private let handle: Handle
  private let output = Output()

  public init(_ format: ArchiveFormat) throws(ArchiveError) {
    handle = try Handle()
    try Self.open(handle.pointer, format, output: Unmanaged.passUnretained(output).toOpaque())
  }

  private static func open(
    _ archive: OpaquePointer, _ format: ArchiveFormat, output: UnsafeMutableRawPointer
  ) throws(ArchiveError) {
    try UTF8Locale.run { () throws(ArchiveError) in
      switch format {
      case .zip: try check(archive_write_set_format_zip(archive), archive)
      case .tar: try check(archive_write_set_format_pax_restricted(archive), archive)
      }
      try check(archive_write_set_options(archive, format == .zip ? zipOptions : tarOptions), archive)
      // Bytes are passed on unbuffered.
      try check(archive_write_set_bytes_per_block(archive, 0), archive)
      let opened = archive_write_open(
        archive, output, nil,
        { _, context, buffer, count in
          guard let context else { return -1 }
          let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
          output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
          return count
        }, nil)
      try check(opened, archive)
    }
  }

  /// Begins a file of `size` bytes, or a directory. Names use "/", and are relative.
  public func begin(
    _ name: String, size: Int64, modifiedSeconds: Int64, isDirectory: Bool = false
  ) throws(ArchiveError) -> [UInt8] {
    try begin(ArchiveEntry(name, isDirectory ? .directory : .file, size: size, modifiedSeconds: modifiedSeconds))
  }

  /// Begins an entry: a file of a known size, or one without bytes.
  public func begin(_ entry: ArchiveEntry) throws(ArchiveError) -> [UInt8] {
    try Self.writeHeader(handle.pointer, entry)
    return take()
  }

  private static func writeHeader(_ archive: OpaquePointer, _ given: ArchiveEntry) throws(ArchiveError) {
    guard let entry = archive_entry_new() else { throw ArchiveError("out of memory") }
    defer { archive_entry_free(entry) }
    try UTF8Locale.run { () throws(ArchiveError) in
      archive_entry_set_pathname(entry, given.name)
      archive_entry_set_filetype(entry, fileType(given.kind))
      if case .symbolicLink(let target) = given.kind { archive_entry_set_symlink(entry, target) }
      if case .hardLink(let name) = given.kind { archive_entry_set_hardlink(entry, name) }
      archive_entry_set_perm(entry, mode_t(given.permissions & 0o7777))
      archive_entry_set_size(entry, given.size)
      archive_entry_set_mtime(entry, time_t(given.modifiedSeconds), Int(given.modifiedNanoseconds))
      for (name, value) in given.attributes.sorted(by: { $0.key < $1.key }) {
        value.withUnsafeBytes { archive_entry_xattr_add_entry(entry, name, $0.baseAddress, $0.count) }
      }
      try check(archive_write_header(archive, entry), archive)
    }
  }

  private static func fileType(_ kind: ArchiveEntry.Kind) -> UInt32 {
    switch kind {
    case .directory: carchive_directory
    case .symbolicLink: carchive_symbolic_link
    case .file, .hardLink, .other: carchive_file
    }
  }

  /// Writes bytes of the file that was begun.
  public func write(_ bytes: ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8] {
    let written = bytes.withUnsafeBytes { archive_write_data(handle.pointer, $0.baseAddress, $0.count) }
    guard written == bytes.count else { throw Self.failure(handle.pointer) }
    return take()
  }

  /// Ends the archive. No call may follow.
  public func finish() throws(ArchiveError) -> [UInt8] {
    try Self.close(handle.pointer)
    return take()
  }

  private static func close(_ archive: OpaquePointer) throws(ArchiveError) {
    try UTF8Locale.run { () throws(ArchiveError) in try check(archive_write_close(archive), archive) }
  }

  private func take() -> [UInt8] {
    defer { output.bytes = [] }
    return output.bytes
  }

  private static func check(_ result: Int32, _ archive: OpaquePointer) throws(ArchiveError) {
    // ARCHIVE_WARN: done, but the format cannot express something.
    guard result >= ARCHIVE_WARN else { throw failure(archive) }
  }

  private static func failure(_ archive: OpaquePointer) -> ArchiveError {
    ArchiveError(archive_error_string(archive).map { String(cString: $0) } ?? "the archive cannot be written")
  }
}
