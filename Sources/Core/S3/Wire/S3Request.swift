/// One S3 request before it is signed: what is asked, in S3's terms.
struct S3Request: Sendable {
  /// How long it may take, and why.
  enum Pace: Sendable {
    /// Bounded as a whole.
    case small
    /// Moves an object's bytes: bounded by progress.
    case bulk
    /// The server works on large objects, perhaps in silence.
    case serverWork
  }

  /// S3's name of the operation.
  var operation: String
  var method: HTTPRequest.Method
  var bucket: String?
  var key: ObjectKey?
  var query: [QueryItem] = []
  var headers: [HeaderField] = []
  var body: RequestBody?
  /// What S3 is to compare the body with, beside the signature.
  var checksum: Checksum?

  enum Checksum {
    /// S3 keeps it.
    case sha256
    /// S3 keeps nothing. Not sent where libcrypto refuses it.
    case md5
  }

  var pace = Pace.small
  var safety = RetrySafety.repeatable
  /// Whether the answer's ETag, where it is of that kind, is to be the MD5 of the body.
  var verifiesETag = false
  /// Whether an answer 200 may hold an `<Error>` all the same.
  var mayFailLate = false
  /// The operation and what it is about, for messages.
  var subject: String {
    guard let bucket else { return operation }
    return key.map { "\(operation) s3://\(bucket)/\($0)" } ?? "\(operation) s3://\(bucket)"
  }

  init(_ operation: String, _ method: HTTPRequest.Method, bucket: String? = nil) {
    self.operation = operation
    self.method = method
    self.bucket = bucket
  }

  init(_ operation: String, _ method: HTTPRequest.Method, _ reference: ObjectReference) {
    self.init(operation, method, bucket: reference.bucket)
    key = reference.key
  }

  mutating func ask(_ name: String, _ value: String = "") { query.append(QueryItem(name, value)) }
  mutating func set(_ name: String, _ value: String) { headers.append(HeaderField(name: name, value: value)) }

  mutating func set(_ name: String, ifPresent value: String?) {
    if let value { set(name, value) }
  }
}
