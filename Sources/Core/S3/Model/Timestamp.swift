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
}
