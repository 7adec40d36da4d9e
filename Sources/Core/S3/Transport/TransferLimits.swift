/// When a transfer is given up.
struct TransferLimits: Hashable, Sendable {
  /// From the request until the last byte of the answer; nil sets no bound.
  var total: Duration?
  /// The longest time without a byte moving either way.
  var stall: Duration
  /// Whether the transfer moves an object's bytes, and so may hold its connection for long.
  var isBulk: Bool
}
