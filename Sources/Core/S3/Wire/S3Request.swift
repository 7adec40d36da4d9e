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
  /// Whether the body's SHA-256 is sent as the checksum to keep, not only as part of the signature.
  var sendsChecksum = false
  var pace = Pace.small
  var safety = RetrySafety.repeatable
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

extension S3Request {
  mutating func apply(_ conditions: ReadConditions) {
    set("If-Match", ifPresent: conditions.ifMatch?.quoted)
    set("If-None-Match", ifPresent: conditions.ifNoneMatch?.quoted)
  }

  /// A conditional write must not be sent twice: the second would fail because of the first.
  mutating func apply(_ condition: WriteCondition) {
    switch condition {
    case .none: return
    case .ifMatch(let etag): set("If-Match", etag.quoted)
    case .ifAbsent: set("If-None-Match", "*")
    }
    safety = .once
  }

  /// The headers that are stored with an object.
  mutating func apply(_ properties: ObjectProperties) throws(S3Error) {
    set("Content-Type", ifPresent: properties.contentType)
    set("Content-Encoding", ifPresent: properties.contentEncoding)
    set("Content-Disposition", ifPresent: properties.contentDisposition)
    set("Content-Language", ifPresent: properties.contentLanguage)
    set("Cache-Control", ifPresent: properties.cacheControl)
    set("Expires", ifPresent: properties.expires)
    set("x-amz-storage-class", ifPresent: properties.storageClass)
    for (name, value) in properties.userMetadata.sorted(by: { $0.key < $1.key }) {
      guard HeaderText.isToken(name) else {
        throw S3Error(
          .invalidRequest, message: "\"\(name)\" cannot be the name of a metadata header", operation: subject)
      }
      set("x-amz-meta-\(name.lowercased())", MetadataText.encode(value))
    }
    if let bad = headers.first(where: { !HeaderText.isValue($0.value) }) {
      throw S3Error(.invalidRequest, message: "\(bad.name) holds what no header can carry", operation: subject)
    }
  }

  /// `x-amz-copy-source` and its condition.
  mutating func copy(from source: ObjectReference, ifMatch etag: ETag?) {
    set("x-amz-copy-source", "/\(source.bucket)/\(PercentEncoding.encode(source.key.string, keepsSlash: true))")
    set("x-amz-copy-source-if-match", ifPresent: etag?.quoted)
  }
}

/// What may stand in a header (RFC 9110 section 5).
enum HeaderText {
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// No control characters: a line feed would begin another header.
  static func isValue(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }
}
