import Core

/// Reads objects and versions.
struct ReadHandler: Sendable {
  /// How many bytes are read before the answer begins: a failure up to there still gets its own status.
  private static let firstRead: Int64 = 256 << 10
  /// The least number of bytes that are sent from the disk cache by sendfile.
  private static let leastKept: Int64 = 1 << 20

  let fileSystem: FileSystem

  /// Answers GET and HEAD of an object. Cost: one GET or HEAD.
  /// - Parameter known: a reader of a version that is known within the ttl: then the request costs only missing bytes.
  func read(_ path: ObjectPath, _ request: Request, by known: ObjectReader?) async throws -> Response {
    let conditions = try Preconditions(request.headers)
    if let known { return try await response(known, conditions, request) }
    // The charset of a text is in its bytes: one GET returns both.
    let isHead = request.method == "HEAD"
    do {
      if isHead, TextCharset.isCandidate(path),
        let reader = try await readerForHead(of: path, request.headers.freshness)
      {
        return try await response(reader, conditions, request)
      }
      if isHead {
        let info = try await information(of: path, request.headers.freshness)
        return try headResponse(info, conditions, request)
      }
      let reader = try await fileSystem.byKey.reader(of: path, freshness: request.headers.freshness)
      return try await response(reader, conditions, request)
    } catch let error as FileSystemError where error.code == .notFound || error.code == .isDirectory {
      if let plain = path.withoutDots, case .object? = try? await fileSystem.byKey.locate(plain, freshness: .withinTTL)
      {
        return .redirect(to: plain, request)
      }
      guard await PlaceChecks(fileSystem: fileSystem).isDirectory(path) else {
        throw HTTPError(404, "There is nothing at \(path).")
      }
      return .redirect(to: path.asDirectory, request)
    }
  }

  /// Answers GET and HEAD of one version. Cost: one GET.
  func read(_ path: ObjectPath, version: String, _ request: Request) async throws -> Response {
    let reader = try await fileSystem.edits.reader(of: path, version: version)
    let conditions = try Preconditions(request.headers)
    return try await response(reader, conditions, request)
  }

  private func response(
    _ reader: ObjectReader, _ conditions: Preconditions, _ request: Request
  ) async throws -> Response {
    guard request.method == "HEAD" else { return try await getResponse(reader, conditions, request) }
    // HEAD also describes an object whose bytes cannot be read.
    return try headResponse((try? await reader.fetchInfoWithCharset()) ?? reader.info, conditions, request)
  }

  /// Returns `nil` for an object that exists and cannot be read, such as one in an archive's storage class.
  private func readerForHead(
    of path: ObjectPath, _ freshness: Freshness
  ) async throws(FileSystemError) -> ObjectReader? {
    do throws(FileSystemError) { return try await fileSystem.byKey.reader(of: path, freshness: freshness) } catch {
      if error.code == .notFound || error.code == .isDirectory { throw error }
      return nil
    }
  }

  /// Returns an object's information with its properties. Throws isDirectory for a directory without its slash.
  private func information(of path: ObjectPath, _ freshness: Freshness) async throws(FileSystemError) -> ObjectInfo {
    switch try await fileSystem.byKey.locate(path, freshness: freshness) {
    case .object(let info):
      if info.properties != nil { return info }
      // A listing does not contain the Content-Type.
      if case .object(let asked) = try await fileSystem.byKey.locate(path, freshness: .now) { return asked }
      return info
    case .directory, .bucket, .root:
      throw FileSystemError(.isDirectory, "\(path) is a directory: its URL ends in a slash")
    }
  }

  /// Answers HEAD, which ignores ranges (RFC 9110 section 14.2).
  private func headResponse(_ info: ObjectInfo, _ conditions: Preconditions, _ request: Request) throws -> Response {
    if let response = try conditional(info, conditions, request) { return response }
    return Response(200, headers: Self.headers(of: info), body: .length(info.size))
  }

  private func getResponse(
    _ reader: ObjectReader, _ conditions: Preconditions, _ request: Request
  ) async throws -> Response {
    // A client that reads from the middle does not wait for the beginning.
    let begins = request.headers["Range"].map { $0.hasPrefix("bytes=0-") } ?? true
    let info = begins ? try await reader.fetchInfoWithCharset() : reader.infoWithCharset() ?? reader.info
    switch try plan(info, conditions, request) {
    case .answer(let response): return response
    case .parts(let ranges, let headers):
      return MultipartRanges(ranges: ranges, info: reader.info, headers: headers).response(from: reader)
    case .part(let part):
      guard part.length > 0 else { return part.empty }
      if part.isLarge, let kept = await reader.keptPartSoon(part.range) { return part.response(from: kept) }
      reader.expect(part.range)
      return part.response(from: reader, first: try await firstBytes(of: reader, at: part.offset, count: part.first))
    }
  }

  /// Returns the reader of an object whose newest version is known within the ttl, if the request accepts that.
  func readerInMemory(of path: ObjectPath, _ request: Request) -> ObjectReader? {
    guard request.headers.freshness == .withinTTL else { return nil }
    return fileSystem.byKey.readerInMemory(of: path)
  }

  /// Answers GET or HEAD from memory; `nil` if that is not possible (then call `read`).
  func readAtOnce(_ reader: ObjectReader, _ request: Request) throws -> Response? {
    let conditions = try Preconditions(request.headers)
    guard let info = reader.infoWithCharset() else { return nil }
    if request.method == "HEAD" { return try headResponse(info, conditions, request) }
    switch try plan(info, conditions, request) {
    case .answer(let response): return response
    case .parts: return nil
    case .part(let part):
      guard part.length > 0 else { return part.empty }
      if part.isLarge, let kept = reader.keptPart(part.range) { return part.response(from: kept) }
      reader.expect(part.range)
      guard let first = reader.cachedRead(at: part.offset, count: part.first), first.count > 0 else { return nil }
      return part.response(from: reader, first: first)
    }
  }

  /// What a GET sends.
  private enum Plan {
    case answer(Response)
    case part(Part)
    case parts([Range<Int64>], headers: Headers)
  }

  /// A range of the object, or all of it.
  private struct Part {
    var status: Int
    var headers: Headers
    var offset: Int64
    var length: Int64

    var range: Range<Int64> { offset..<offset + length }
    /// How many bytes of it are read before the answer begins.
    var first: Int { Int(min(length, ReadHandler.firstRead)) }
    /// Whether it is worth sending from disk.
    var isLarge: Bool { length >= ReadHandler.leastKept }
    var empty: Response { Response(status, headers: headers, body: .bytes([])) }

    func response(from kept: DiskCachePart) -> Response { Response(status, headers: headers, body: .kept(kept)) }

    func response(from reader: ObjectReader, first: ReadData) -> Response {
      Response(
        status, headers: headers,
        body: .object(ObjectPart(reader: reader, offset: offset, length: length, first: first)))
    }
  }

  private func plan(_ info: ObjectInfo, _ conditions: Preconditions, _ request: Request) throws -> Plan {
    if let response = try conditional(info, conditions, request) { return .answer(response) }
    var headers = Self.headers(of: info)
    let applies = conditions.rangeApplies(etag: info.etag, modified: info.lastModified)
    switch ByteRange(applies ? request.headers["Range"] : nil, size: info.size) {
    case .whole: return .part(Part(status: 200, headers: headers, offset: 0, length: info.size))
    case .part(let start, let count):
      headers.add("Content-Range", "bytes \(start)-\(start + count - 1)/\(info.size)")
      return .part(Part(status: 206, headers: headers, offset: start, length: count))
    case .parts(let ranges): return .parts(ranges, headers: headers)
    case .unsatisfiable:
      throw HTTPError(
        416, "The object has \(info.size) bytes; the range asks for none of them.",
        headers: ["Content-Range": "bytes */\(info.size)"])
    }
  }

  private func firstBytes(of reader: ObjectReader, at offset: Int64, count: Int) async throws -> ReadData {
    if let cached = reader.cachedRead(at: offset, count: count), cached.count > 0 { return cached }
    let data = try await reader.read(at: offset, count: count)
    guard data.count > 0 else { throw HTTPError(502, "S3 sent less of the object than it promised; try again.") }
    return data
  }

  /// Returns 304 or throws 412 if the request's conditions demand it.
  private func conditional(
    _ info: ObjectInfo, _ conditions: Preconditions, _ request: Request
  ) throws -> Response? {
    switch conditions.forReading(etag: info.etag, modified: info.lastModified) {
    case .proceed: return nil
    case .notModified: return Self.notModified(info)
    case .failed:
      throw HTTPError(
        412, "The object's ETag is now \(info.etag.quoted), not the one in If-Match.",
        headers: ["ETag": info.etag.quoted])
    }
  }

  static func notModified(_ info: ObjectInfo) -> Response {
    var headers: Headers = ["ETag": info.etag.quoted, "Last-Modified": HTTPDate.format(info.lastModified)]
    headers.add("Cache-Control", info.properties?.cacheControl ?? "no-cache")
    return Response(304, headers: headers, body: .length(info.size))
  }

  private static func headers(of info: ObjectInfo) -> Headers {
    let properties = info.properties
    var headers: Headers = [
      "ETag": info.etag.quoted, "Last-Modified": HTTPDate.format(info.lastModified), "Accept-Ranges": "bytes",
      "Content-Type": properties?.contentType ?? "application/octet-stream",
      "Cache-Control": properties?.cacheControl ?? "no-cache",
    ]
    for header in StoredHeader.described where headers[header.name] == nil {
      headers.add(header.title, properties?[keyPath: header.value])
    }
    headers.add("x-amz-version-id", info.versionID)
    for (name, value) in (properties?.userMetadata ?? [:]).sorted(by: { $0.key < $1.key })
    // ?meta returns what a header cannot contain.
    where value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) && name.utf8.allSatisfy(Headers.isToken) {
      headers.add("x-amz-meta-\(name)", value)
    }
    headers.addObjectPolicy()
    return headers
  }
}

// MARK: Verbs

/// `GET` of an object.
struct Read: Action {
  let path: ObjectPath

  func isBrief(bodyLength: Int64?) -> Bool { true }

  func answer(in context: ActionContext) async throws -> Response {
    try await ReadHandler(fileSystem: context.fileSystem).read(path, context.request, by: nil)
  }
}

extension ReadHandler {
  static let endpoints = [
    HTTPEndpoint(method: "GET", places: [.object], summary: "An object") { Read(path: $0.path) }
  ]
}
