/// One S3 request before it is signed, in S3's terms.
struct S3Request: Sendable {
  /// The kind of time limit, and the reason for it.
  enum Pace: Sendable {
    /// Limited as a whole.
    case small
    /// Moves an object's bytes: limited by progress.
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
  /// The digest that S3 must compare the body with, beside the signature.
  var checksum: Checksum?

  enum Checksum {
    /// Stored by S3.
    case sha256
    /// Not stored by S3. Not sent where libcrypto refuses it.
    case md5
  }

  var pace = Pace.small
  var safety = RetrySafety.repeatable
  /// Whether the answer's ETag, where it is of that kind, must be the MD5 of the body.
  var verifiesETag = false
  /// Whether an answer 200 may contain an `<Error>` all the same.
  var mayFailLate = false
  /// The operation and its object, for messages.
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
