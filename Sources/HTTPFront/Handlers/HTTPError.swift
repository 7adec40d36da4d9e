import Core

/// Why a request is not done: a status and one sentence that says what to do instead.
struct HTTPError: Error, Sendable {
  var status: Int
  var message: String
  var headers: Headers
  /// The directory that could not be deleted because it is not empty.
  var fullDirectory: ObjectPath?
  /// Whether the connection is closed: what follows on it may be a body or a request.
  var closesConnection = false
  /// What was done all the same, for the JSON form; its sentence is in the message.
  var details: [(String, JSON)] = []

  init(_ status: Int, _ message: String, headers: Headers = Headers()) {
    self.status = status
    self.message = message
    self.headers = headers
  }

  /// A request that could be read in two ways.
  static func ambiguous(_ status: Int, _ message: String) -> Self {
    var error = Self(status, message)
    error.closesConnection = true
    return error
  }

  init(_ error: FileSystemError) {
    // That something is not there is said without the name of S3's operation.
    let clause = error.code == .notFound ? error.cause?.message : nil
    self.init(error.httpStatus, Self.sentence(clause ?? error.message))
  }

  /// Core's messages are clauses, made to follow a name and a colon.
  private static func sentence(_ clause: String) -> String {
    guard let first = clause.first, let last = clause.last else { return "The request failed." }
    return first.uppercased() + clause.dropFirst() + (last == "." || last == "!" || last == "?" ? "" : ".")
  }
}
