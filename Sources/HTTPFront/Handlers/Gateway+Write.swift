import Core

extension Gateway {
  /// PUT of an object: 201 where there was none, 204 where there was one.
  /// - Parameter keepsDetails: `?keep`: an object that exists gets new bytes, and keeps all else that it has.
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
      throw HTTPError(400, "\(error.header) is no digest of its kind; nothing was stored.")
    }
    let hasObject = try await checkPlace(of: path)
    let writer =
      keepsDetails
      ? try await fileSystem.writer(
        keepingDetailsOf: path, setting: Self.namedDetails(request.headers),
        orElse: Self.properties(request.headers), condition: condition)
      : try fileSystem.writer(
        to: path, properties: Self.properties(request.headers), condition: condition, replacing: hasObject)
    do {
      while let bytes = try await body.next() {
        digests.update(bytes)
        try await writer.append(bytes)
      }
      if let header = digests.mismatch() {
        throw HTTPError(400, "\(header) is not of the bytes that came; nothing was stored.")
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
      throw HTTPError(412, "\(path) was changed by somebody else during the upload; nothing was stored.")
    }
  }

  /// Refuses before the body is sent what would fail after it. Returns whether an object stands there.
  func checkPlace(of path: ObjectPath) async throws -> Bool {
    do {
      let standing = try await fileSystem.standing(at: path)
      guard standing.object || !standing.directory else {
        throw HTTPError(
          409, "\(path) is a directory: to store a file in it, name the file, as in \(path.asDirectory)name.")
      }
      return standing.object
    } catch let error as FileSystemError {
      if error.code == .notFound { try await checkBucket(of: path) }
      throw error
    }
  }

  /// Throws 404, with what to do, where the path's bucket does not exist: for all that stores something in it.
  func checkBucket(of path: ObjectPath) async throws {
    do {
      _ = try await fileSystem.locate(ObjectPath(bucket: path.bucket), freshness: .withinTTL)
    } catch {
      guard error.code == .notFound else { throw error }
      if let rule = FileSystem.brokenRule(ofBucketName: path.bucket) {
        throw HTTPError(404, "There is no bucket \(path.bucket), and there cannot be: \(rule).")
      }
      throw HTTPError(404, "There is no bucket \(path.bucket): create it first, with PUT /\(path.bucket)/.")
    }
  }

  /// PUT with a slash at the end: a bucket or a directory.
  func makeDirectory(_ path: ObjectPath, _ request: Request, _ body: RequestBody) async throws -> Response {
    if request.hasBody, try await body.next()?.isEmpty == false {
      throw HTTPError(400, "A directory has no contents: to store a file, name it after the slash.")
    }
    let isNew = try await create(path)
    return Response(isNew ? 201 : 204, headers: ["Location": path.urlPath])
  }

  /// Returns whether it is new.
  func create(_ path: ObjectPath) async throws -> Bool {
    if path.isBucket {
      try await fileSystem.createBucket(path.bucket)
      return true
    }
    try await checkBucket(of: path)
    return try await fileSystem.createDirectory(path)
  }

  /// The headers that are kept with an object. curl's `--data-binary` claims to send a form: that says nothing of
  /// the file, so that the type is left to the name's extension.
  static func properties(_ headers: Headers) -> ObjectProperties {
    let type = headers["Content-Type"]?.trimmed
    let isForm = type?.lowercasedASCII.hasPrefix("application/x-www-form-urlencoded") ?? true
    var properties = ObjectProperties()
    for header in StoredHeader.described { properties[keyPath: header.value] = headers[header.name] }
    properties.contentType = isForm || type == "" ? nil : type
    properties.cacheControl = headers["X-Object-Cache-Control"] ?? (isBrowser(headers) ? nil : headers["Cache-Control"])
    for (name, value) in headers.fields where name.lowercasedASCII.hasPrefix("x-amz-meta-") {
      properties.userMetadata[String(name.lowercasedASCII.dropFirst("x-amz-meta-".count))] = value
    }
    return properties
  }

  /// Browsers add a Cache-Control of their own to requests, which says nothing of what is stored.
  private static func isBrowser(_ headers: Headers) -> Bool {
    headers.fields.contains { name, _ in name.lowercasedASCII.hasPrefix("sec-fetch-") || Headers.equal(name, "Origin") }
      || headers["User-Agent"]?.hasPrefix("Mozilla/") ?? false
  }

  /// What a request with `?keep` sets all the same: the stored headers that a client names on purpose. Content-Type and
  /// Cache-Control are not among them, because browsers and curl add them by themselves.
  static func namedDetails(_ headers: Headers) -> DetailChanges {
    let given = properties(headers)
    let named = StoredHeader.described.compactMap { field -> (String, String?)? in
      let isNamed = field.name != "cache-control" || headers["X-Object-Cache-Control"] != nil
      guard field.name != "content-type", isNamed else { return nil }
      return given[keyPath: field.value].map { (field.name, $0) }
    }
    return DetailChanges(
      headers: Dictionary(uniqueKeysWithValues: named), metadata: given.userMetadata.mapValues { $0 })
  }
}
