import CArchive
import Glibc

/// The bytes that contain an archive's structures.
protocol ArchiveBytes: AnyObject {
  /// Returns exactly these bytes; `nil` if some are missing, or precede those of an earlier call.
  func bytes(at offset: Int64, _ count: Int) -> [UInt8]?
}

/// The bytes of an archive that is not compressed as a whole.
final class FileBytes: ArchiveBytes {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  var size: Int64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
  }

  func bytes(at offset: Int64, _ count: Int) -> [UInt8]? {
    guard offset >= 0, count >= 0 else { return nil }
    let bytes = Self.read(descriptor, at: offset, atMost: count)
    return bytes.count == count ? bytes : nil
  }

  /// Reads without moving the descriptor's offset. Returns fewer bytes only at the end, or if reading fails.
  static func read(_ descriptor: Int32, at offset: Int64, atMost count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + Int64(filled)))
        guard got > 0 else { return }
        filled += got
      }
    }
  }
}

/// The bytes of a compressed tar, decompressed a second time: they can be read in order only.
final class DecompressedBytes: ArchiveBytes {
  /// The input of libarchive: it has an offset of its own, because the descriptor's belongs to another reader.
  private final class Input {
    let descriptor: Int32
    var offset: Int64 = 0
    /// libarchive reads from it until its next call.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { buffer.deallocate() }

    func next() -> Int {
      let got = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      offset += Int64(max(0, got))
      return got
    }
  }

  private static let pieceSize = 64 << 10

  private let archive: OpaquePointer
  private let input: Input
  /// Bytes that are decompressed but not yet passed on.
  private var pending: ArraySlice<UInt8> = []
  private var position: Int64 = 0

  /// Returns `nil` if the archive cannot be read.
  init?(descriptor: Int32) {
    guard let archive = archive_read_new() else { return nil }
    self.archive = archive
    input = Input(descriptor: descriptor)
    archive_read_support_format_raw(archive)
    archive_read_support_filter_gzip(archive)
    archive_read_support_filter_bzip2(archive)
    archive_read_support_filter_xz(archive)
    archive_read_support_filter_zstd(archive)
    let opened = archive_read_open(
      archive, Unmanaged.passUnretained(input).toOpaque(), nil,
      { _, context, buffer in
        guard let context, let buffer else { return -1 }
        let input = Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
        buffer.pointee = UnsafeRawPointer(input.buffer.baseAddress)
        return input.next()
      }, nil)
    var entry: OpaquePointer?
    guard opened == ARCHIVE_OK, archive_read_next_header(archive, &entry) >= ARCHIVE_WARN else { return nil }
  }

  deinit { archive_read_free(archive) }

  func bytes(at offset: Int64, _ count: Int) -> [UInt8]? {
    guard offset >= position, count >= 0 else { return nil }
    while position + Int64(pending.count) < offset + Int64(count) {
      drop(Int(min(offset - position, Int64(pending.count))))
      let piece = next()
      guard !piece.isEmpty else { return nil }
      pending = pending.isEmpty ? piece[...] : ArraySlice(Array(pending) + piece)
    }
    drop(Int(offset - position))
    return Array(pending.prefix(count))
  }

  private func drop(_ count: Int) {
    pending = pending.dropFirst(count)
    position += Int64(count)
  }

  private func next() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
      count = max(0, archive_read_data(archive, buffer.baseAddress, buffer.count))
    }
  }
}
