/// Why a mount could not be made: one line that says what is wrong and what to do.
public struct FuseMountError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Sendable {
    case deviceMissing, deviceNotPermitted, fusermountMissing, allowOtherNotPermitted
    case mountPointMissing, mountPointNotDirectory, mountPointNotEmpty, mountPointNotWritable, mountPointUnusable
    case alreadyMounted, staleMount, refused
  }

  public let reason: Reason
  public let description: String

  init(_ reason: Reason, _ description: String) {
    self.reason = reason
    self.description = description
  }
}
