import Glibc

/// Reads of an open file that neither use nor move its position.
enum FileReading {
  /// Calls pread(2), and repeats it when a signal interrupts it. Returns the number of bytes read (0 at the end), nil
  /// on failure.
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
