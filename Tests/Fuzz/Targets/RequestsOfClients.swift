@testable import Core
@testable import HTTPFront

/// Method, request target and headers, up to the parsed action.
func fuzzTarget(_ input: FuzzInput) {
  var input = input
  let method = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"][Int(input.byte() % 6)]
  let target = input.line()
  var headers = Headers()
  headers.add("Accept", input.line())
  headers.add("Content-Type", input.line())
  headers.add("Content-Length", input.line())
  let request = Request(method: method, target: target, headers: headers)
  _ = (request.hasBody, request.contentLength, Negotiation.errorFormat(accept: headers["Accept"]))
  _ = try? Router.action(of: request)
  if let path = Target(target).flatMap({ ObjectPath(urlPath: $0.path) }) {
    _ = (path.parent, path.name, path.asDirectory)
    // A link to a place leads to that place.
    check(Target(path.urlPath).flatMap { ObjectPath(urlPath: $0.path) } == path, "\(path) has the link \(path.urlPath)")
  }
}

/// Range and conditions against an object of any size.
func fuzzConditions(_ input: FuzzInput) {
  var input = input
  let size = max(0, input.number())
  let range = input.line()
  switch ByteRange(range, size: size) {
  case .whole, .unsatisfiable: break
  case .part(let offset, let length): check(offset >= 0 && length > 0 && length <= size - offset, range)
  case .parts(let ranges):
    check(ranges.allSatisfy { $0.lowerBound >= 0 && !$0.isEmpty && $0.upperBound <= size }, range)
  }
  var headers = Headers()
  for name in ["If-Match", "If-None-Match", "If-Range", "If-Modified-Since", "If-Unmodified-Since", "Cache-Control"] {
    let value = input.line()
    if !value.isEmpty { headers.add(name, value) }
    if let date = Timestamp(httpDate: value) { check(Timestamp(httpDate: HTTPDate.format(date)) == date, value) }
  }
  _ = headers.freshness
  guard let conditions = try? Preconditions(headers) else {
    check((try? WriteConditions(headers)) == nil, "\(headers)")
    return
  }
  let (etag, modified) = (ETag("abc"), Timestamp(seconds: 1_700_000_000))
  _ = (conditions.forReading(etag: etag, modified: modified), conditions.rangeApplies(etag: etag, modified: modified))
  guard let writing = try? WriteConditions(headers) else { return }
  for state in [WriteConditions.State.absent, .directory, .object(etag, modified: modified)] {
    let condition = try? writing.evaluate(state, at: ObjectPath(bucket: "b", key: "k"))
    check(condition != .ifMatch(etag) || state == .object(etag, modified: modified), "\(headers)")
  }
  _ = try? writing.forEach()
}

/// A form's body, in one piece and in several: the parsed parts are the same.
func fuzzMultipart(_ input: FuzzInput) {
  var input = input
  let step = Int(input.byte()) + 1
  guard let boundary = MultipartHeader.boundary(ofContentType: "multipart/form-data; boundary=" + input.line()) else {
    return
  }
  let body = input.bytes
  let whole = collect([body], boundary)
  let pieces = stride(from: 0, to: body.count, by: step).map { Array(body[$0..<min($0 + step, body.count)]) }
  check(whole == collect(pieces, boundary), "parsed differently in pieces of \(step)")
}

/// The parts of a form; nil where it is refused.
private func collect(_ pieces: [[UInt8]], _ boundary: String) -> [[UInt8]]? {
  var parser = MultipartParser(boundary: boundary)
  var parts: [[UInt8]] = []
  do {
    for piece in pieces {
      parser.feed(piece)
      while let event = try parser.next() {
        switch event {
        case .partBegins(let header):
          check(header.baseName?.utf8.contains(UInt8(ascii: "/")) != true, "\(header)")
          parts.append([])
        case .data(let bytes): parts[parts.count - 1] += bytes
        case .partEnds: break
        }
      }
    }
    try parser.finish()
  } catch { return nil }
  return parts
}

/// Bodies that are forms or JSON, and the Authorization header.
func fuzzFields(_ input: FuzzInput) {
  _ = try? FormFields(input.bytes)["name"]
  _ = try? DetailChanges(json: input.bytes)
  _ = BasicCredentials(user: "user", password: "password").matches(authorization: input.text)
  _ = BasicCredentials.pair(input.text)
}
