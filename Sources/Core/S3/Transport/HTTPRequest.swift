/// One HTTP request, complete and signed, as the transport sends it.
struct HTTPRequest: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
  }

  var method: Method
  /// Percent-encoded already; sent as it is, dot segments included.
  var url: String
  var headers: [HeaderField]
  /// nil sends neither a body nor a Content-Length.
  var body: RequestBody?
  var limits: TransferLimits
}

/// A header as it is sent.
struct HeaderField: Hashable, Sendable {
  var name: String
  var value: String
  /// Whether the value is sent in Latin-1, not in UTF-8, because another client once sent it so.
  var isLatin1 = false

  /// The value on the wire.
  var bytes: [UInt8] {
    guard isLatin1 else { return Array(value.utf8) }
    let bytes = value.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    return bytes.count == value.unicodeScalars.count ? bytes : Array(value.utf8)
  }
}

/// When a transfer is aborted.
struct TransferLimits: Hashable, Sendable {
  /// The time from the request until the last byte of the answer; nil sets no limit.
  var total: Duration?
  /// The longest time without a byte in either direction.
  var stall: Duration
  /// Whether the transfer moves an object's bytes, and so may occupy its connection for long.
  var isBulk: Bool
}

extension Duration {
  /// Rounded down.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
