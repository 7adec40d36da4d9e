/// The status line and headers of an answer.
struct ResponseHead: Sendable {
  var status: Int
  /// Names in lower case, in the order received.
  var fields: [HeaderField] = []

  /// The first value of a header, whose name is given in lower case.
  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// A whole answer. The body is empty where a `ResponseReceiver` has taken it.
struct HTTPResponse: Sendable {
  var head: ResponseHead
  var body: [UInt8]
}
