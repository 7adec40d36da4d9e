/// What an uploaded archive may unfold to.
public struct UnpackLimits: Sendable {
  public var entries = 100_000
  /// In bytes, over all entries.
  public var total: Int64 = 64 << 30
  /// How many times larger than the archive the contents may be. Text packs to a tenth, zeros to a thousandth.
  public var ratio: Int64 = 200
  /// Below this total the ratio does not matter.
  public var harmless: Int64 = 64 << 20

  public init() {}
}
