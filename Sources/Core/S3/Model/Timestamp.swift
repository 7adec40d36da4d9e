private import Glibc

/// A point in time: whole seconds since 1970 UTC and the nanoseconds above them (0 ..< 1,000,000,000), as POSIX `timespec`.
public struct Timestamp: Hashable, Comparable, Codable, Sendable {
  public var seconds: Int64
  public var nanoseconds: Int32

  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Reads the system's clock.
  @Sendable public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }

  func adding(seconds: Int64) -> Timestamp {
    Timestamp(seconds: self.seconds + seconds, nanoseconds: nanoseconds)
  }
}
