import Core

/// The reason for refusing a request: a status and one sentence with the remedy.
struct HTTPError: Error, Sendable {
  var status: Int
  var message: String
  var headers: Headers
  /// The directory that could not be deleted because it is not empty.
  var fullDirectory: ObjectPath?
  /// Whether to close the connection: the next bytes on it may be a body or a request.
  var closesConnection = false
  /// What was done before the failure, for the JSON format; the message says it in words.
  var details: [(String, JSON)] = []

  init(_ status: Int, _ message: String, headers: Headers = Headers()) {
    self.status = status
    self.message = message
    self.headers = headers
  }

  /// Refuses an ambiguous request.
  static func ambiguous(_ status: Int, _ message: String) -> Self {
    var error = Self(status, message)
    error.closesConnection = true
    return error
  }

  init(_ error: FileSystemError) {
    // A 404 does not name S3's operation.
    let clause = error.code == .notFound ? error.cause?.message : nil
    self.init(error.httpStatus, Self.sentence(clause ?? error.message))
  }

  /// Converts Core's messages, which are clauses after a name and a colon, to sentences.
  private static func sentence(_ clause: String) -> String {
    guard let first = clause.first, let last = clause.last else { return "The request failed." }
    return first.uppercased() + clause.dropFirst() + (last == "." || last == "!" || last == "?" ? "" : ".")
  }
}
