import Core

/// Why a request is not done: a status and one sentence that says what to do instead.
struct Refusal: Error, Sendable {
  var status: Int
  var message: String
  var headers: Headers
  /// The directory that could not be deleted because it is not empty.
  var fullDirectory: ObjectPath?

  init(_ status: Int, _ message: String, headers: Headers = Headers()) {
    self.status = status
    self.message = message
    self.headers = headers
  }

  init(_ error: FileSystemError) {
    self.init(error.httpStatus, Self.sentence(error.message))
  }

  /// Core's messages are clauses, made to follow a name and a colon.
  private static func sentence(_ clause: String) -> String {
    guard let first = clause.first, let last = clause.last else { return "The request failed." }
    return first.uppercased() + clause.dropFirst() + (last == "." || last == "!" || last == "?" ? "" : ".")
  }
}
