internal import CFuse3
internal import Core
internal import Glibc

extension ReadData {
  /// Calls `body` with one vector for each slice. The pointers are good only inside.
  func withUnsafeVectors(_ body: (UnsafeBufferPointer<iovec>) -> Void) {
    var vectors: [iovec] = []
    vectors.reserveCapacity(slices.count)
    // Each level keeps one slice's pointer valid while the next ones are taken.
    func take(_ index: Int) {
      guard index < slices.count else { return vectors.withUnsafeBufferPointer(body) }
      slices[index].withUnsafeBytes { bytes in
        vectors.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        take(index + 1)
      }
    }
    take(0)
  }
}
