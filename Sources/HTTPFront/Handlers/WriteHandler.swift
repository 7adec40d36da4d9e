import Core

/// Stores objects, and creates directories and buckets.
struct WriteHandler: Sendable {
  let fileSystem: FileSystem

  private var places: PlaceChecks { PlaceChecks(fileSystem: fileSystem) }

  /// Answers PUT of an object: 201 if it is new, otherwise 204. Cost: one PUT, or a multipart upload above the part
  /// size.
  /// - Parameter keepsDetails: `?keep`: an existing object gets new bytes and keeps its headers, metadata and tags.
  func put(
    _ path: ObjectPath, keepsDetails: Bool, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    if request.headers["Content-Range"] != nil {
      throw HTTPError(400, "A part of an object cannot be written; PUT stores it whole.")
    }
    if request.headers["Content-Length"] == nil, request.headers["Transfer-Encoding"] == nil {
      throw HTTPError(411, "PUT needs Content-Length or chunked transfer, so that a cut upload is noticed.")
    }
    let digests: BodyDigests
    do throws(BodyDigests.Malformed) { digests = try BodyDigests(request.headers.fields) } catch {
      throw HTTPError(400, "\(error.header) is malformed; nothing was stored.")
    }
    let hasObject = try await places.checkUpload(to: path)
    let writer =
      keepsDetails
      ? try await fileSystem.edits.writer(
        keepingDetailsOf: path, setting: try Self.namedDetails(request.headers),
        orElse: try Self.properties(request.headers), condition: condition)
      : try fileSystem.edits.writer(
        to: path, properties: try Self.properties(request.headers), condition: condition, replacing: hasObject)
    do {
      while let bytes = try await body.next() {
        digests.update(bytes)
        try await writer.append(bytes)
      }
      if let header = digests.mismatch() {
        throw HTTPError(400, "\(header) does not match the bytes received; nothing was stored.")
      }
    } catch {
      await writer.cancel()
      throw error
    }
    let written = try await finish(writer, path)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    if written.created { headers.add("Location", path.urlPath) }
    return Response(written.created ? 201 : 204, headers: headers)
  }

  private func finish(_ writer: ObjectWriter, _ path: ObjectPath) async throws -> WrittenObject {
    do {
      return try await writer.finish()
    } catch {
      guard error.code == .preconditionFailed else { throw error }
      throw HTTPError(412, "\(path) was changed by another client during the upload; nothing was stored.")
    }
  }

  /// Answers PUT of a URL that ends in a slash: creates a bucket or a directory.
  func makeDirectory(_ path: ObjectPath, _ request: Request, _ body: RequestBody) async throws -> Response {
    if request.hasBody, try await body.next()?.isEmpty == false {
      throw HTTPError(400, "A directory has no contents: to store a file, name it after the slash.")
    }
    let isNew = try await places.create(path)
    return Response(isNew ? 201 : 204, headers: ["Location": path.urlPath])
  }

  /// Returns what to store beside the bytes, from a request's headers. Ignores the type of a form, which curl's
  /// `--data-binary` claims to send: then the name's extension determines it. Throws 400 for a header that occurs twice
  /// and is no list.
  static func properties(_ headers: Headers) throws(HTTPError) -> ObjectProperties {
    var properties = ObjectProperties()
    for header in StoredHeader.described { properties[keyPath: header.value] = try stored(header, in: headers) }
    if properties.contentType?.lowercasedASCII.hasPrefix("application/x-www-form-urlencoded") == true {
      properties.contentType = nil
    }
    if let own = headers["X-Object-Cache-Control"] {
      properties.cacheControl = own
    } else if isBrowser(headers) {
      properties.cacheControl = nil
    }
    let prefix = "x-amz-meta-"
    for name in Set(headers.fields.map { $0.name.lowercasedASCII }) where name.hasPrefix(prefix) {
      // As S3 does with those that occur several times.
      properties.userMetadata[String(name.dropFirst(prefix.count))] = headers.all(name).joined(separator: ",")
    }
    return properties
  }

  /// Returns the value to store; `nil` without the header, or an empty one.
  private static func stored(_ header: StoredHeader, in headers: Headers) throws(HTTPError) -> String? {
    let values = headers.all(header.name).map(\.trimmed).filter { !$0.isEmpty }
    guard values.count < 2 || header.isList || Set(values).count == 1 else {
      throw HTTPError(400, "\(header.title) occurs twice, with different values; nothing was stored.")
    }
    return header.isList && !values.isEmpty ? values.joined(separator: ", ") : values.first
  }

  /// Returns whether a browser sent the request: its Cache-Control applies to the request, not to the object.
  private static func isBrowser(_ headers: Headers) -> Bool {
    headers.fields.contains { name, _ in name.lowercasedASCII.hasPrefix("sec-fetch-") || Headers.equal(name, "Origin") }
      || headers["User-Agent"]?.hasPrefix("Mozilla/") ?? false
  }

  /// Returns what a request with `?keep` changes all the same: the stored headers that a client names on purpose.
  /// Leaves out Content-Type and Cache-Control, which browsers and curl add automatically.
  static func namedDetails(_ headers: Headers) throws(HTTPError) -> DetailChanges {
    let given = try properties(headers)
    let named = StoredHeader.described.compactMap { field -> (String, String?)? in
      let isNamed = field.name != "cache-control" || headers["X-Object-Cache-Control"] != nil
      guard field.name != "content-type", isNamed else { return nil }
      return given[keyPath: field.value].map { (field.name, $0) }
    }
    return DetailChanges(
      headers: Dictionary(uniqueKeysWithValues: named), metadata: given.userMetadata.mapValues { $0 })
  }
}

// MARK: Verbs

/// `PUT` of an object.
struct Put: Action {
  /// The longest body that takes little time.
  private static let briefLength: Int64 = 64 << 10

  let path: ObjectPath
  /// Whether an object gets new bytes and everything else stays.
  let keepsDetails: Bool

  var subject: WriteConditions.Subject? { .object(path, mayBeAbsent: true) }
  func isBrief(bodyLength: Int64?) -> Bool { bodyLength.map { $0 <= Self.briefLength } ?? false }

  func answer(in context: ActionContext) async throws -> Response {
    try await WriteHandler(fileSystem: context.fileSystem)
      .put(path, keepsDetails: keepsDetails, on: context.condition, context.request, context.body)
  }
}

/// `PUT` of a bucket or a directory.
struct MakeDirectory: Action {
  let path: ObjectPath

  var subject: WriteConditions.Subject? { .directory(path, mayBeAbsent: true) }
  func isBrief(bodyLength: Int64?) -> Bool { true }

  func answer(in context: ActionContext) async throws -> Response {
    try await WriteHandler(fileSystem: context.fileSystem).makeDirectory(path, context.request, context.body)
  }
}

extension WriteHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "PUT", places: [.object], options: ["keep"], changes: .objectWithHeaders, summary: "Stores an object",
      example: "keep"
    ) { call throws(HTTPError) in Put(path: call.path, keepsDetails: try call.flag("keep")) },
    HTTPEndpoint(
      method: "PUT", places: [.bucket, .directory], changes: .something, summary: "Makes a bucket or a directory"
    ) { call throws(HTTPError) in
      if call.endsInSlash { return MakeDirectory(path: call.path) }
      let url = call.path.urlPath
      throw HTTPError(
        409, "A file needs a bucket: PUT \(url)name stores a file, PUT \(url) (with the slash) creates a bucket.")
    },
  ]
}
