public import Core
import Synchronization

/// Time that passes only when a test says so.
public final class ManualTime: Sendable {
  private let elapsed = Mutex(Duration.zero)
  private let start = ContinuousClock.now

  public init() {}

  public func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }

  /// For `FileSystem`. The wall clock begins at 1,700,000,000 seconds.
  public var source: TimeSource {
    TimeSource(now: { self.start + self.elapsed.withLock { $0 } }, wall: { self.wall })
  }

  public var wall: Timestamp {
    let (seconds, attoseconds) = elapsed.withLock { $0.components }
    return Timestamp(seconds: 1_700_000_000 + seconds, nanoseconds: Int32(attoseconds / 1_000_000_000))
  }
}
