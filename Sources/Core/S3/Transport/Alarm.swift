import Glibc

/// Wakes a thread that waits in poll(2): a pipe that is readable after `ring`.
final class Alarm: Sendable {
  /// The descriptor that the thread polls; -1 where the system provided none.
  let descriptor: Int32
  private let bell: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) != 0 { ends = [-1, -1] }
    for end in ends where end >= 0 {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (descriptor, bell) = (ends[0], ends[1])
  }

  deinit {
    guard isUsable else { return }
    close(descriptor)
    close(bell)
  }

  var isUsable: Bool { descriptor >= 0 }

  /// Wakes the thread. A full pipe is readable too.
  func ring() {
    var byte: UInt8 = 1
    _ = write(bell, &byte, 1)
  }

  /// Drains the pipe.
  func silence() {
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(descriptor, &bytes, MemoryLayout.size(ofValue: bytes)) == MemoryLayout.size(ofValue: bytes) {}
  }
}
