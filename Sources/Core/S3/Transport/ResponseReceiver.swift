/// Takes an answer while it arrives. Called on the I/O thread, in order.
protocol ResponseReceiver: AnyObject, Sendable {
  /// Decides where the body goes. Called once for each answer.
  func begin(_ head: ResponseHead) -> BodyDestination
  /// False aborts the transfer.
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
