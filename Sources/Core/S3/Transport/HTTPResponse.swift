/// The status line and headers of an answer.
struct ResponseHead: Sendable {
  var status: Int
  /// Names in lower case, in the order received.
  var fields: [HeaderField] = []

  /// The first value of a header, whose name is given in lower case.
  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// A whole answer. The body is empty where a `ResponseReceiver` has received it.
struct HTTPResponse: Sendable {
  var head: ResponseHead
  var body: [UInt8]
}

/// Receives an answer while it arrives. Called on the I/O thread, in order.
protocol ResponseReceiver: AnyObject, Sendable {
  /// Decides where the body is sent. Called once for each answer.
  func begin(_ head: ResponseHead) -> BodyDestination
  /// Receives a piece of the body. Returning false aborts the transfer.
  func receive(_ bytes: RawSpan) -> Bool
}

enum BodyDestination: Sendable {
  /// Into `HTTPResponse.body`: small answers, errors.
  case collect
  /// To the receiver.
  case receiver
  /// Nowhere: the transfer ends here.
  case abort
}
