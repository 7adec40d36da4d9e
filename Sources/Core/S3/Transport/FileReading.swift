import Glibc

/// Reads of an open file that neither use nor move its position.
enum FileReading {
  /// pread(2), repeated when a signal interrupts it: the number of bytes read (0 at the end), nil on failure.
  static func read(
    _ descriptor: Int32, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, count: Int
  ) -> Int? {
    while true {
      let read = pread(descriptor, buffer.baseAddress, min(count, buffer.count), off_t(offset))
      if read >= 0 { return read }
      if errno != EINTR { return nil }
    }
  }
}
