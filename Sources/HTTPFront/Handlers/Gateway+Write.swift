import Core

extension Gateway {
  /// PUT of an object: 201 where there was none, 204 where there was one.
  func put(_ path: ObjectPath, _ request: Request, _ body: RequestBody) async throws -> Response {
    let preconditions = Preconditions(request.headers)
    var condition = try preconditions.forWriting()
    if request.headers["Content-Range"] != nil {
      throw Refusal(400, "A part of an object cannot be written; PUT stores it whole.")
    }
    if request.headers["Content-Length"] == nil, request.headers["Transfer-Encoding"] == nil {
      throw Refusal(411, "PUT needs Content-Length or chunked transfer, so that a cut upload is noticed.")
    }
    let hasObject = try await checkPlace(of: path)
    if preconditions.wantsAnyVersion { condition = .ifMatch(try await newestVersion(of: path)) }
    let writer = try fileSystem.writer(
      to: path, properties: Self.properties(request.headers), condition: condition, replacing: hasObject)
    do {
      while let bytes = try await body.next() { try await writer.append(bytes) }
    } catch {
      await writer.cancel()
      throw error
    }
    let written = try await finish(writer, path, condition)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    if written.created { headers.add("Location", path.urlPath) }
    return Response(written.created ? 201 : 204, headers: headers)
  }

  private func finish(
    _ writer: ObjectWriter, _ path: ObjectPath, _ condition: WriteCondition
  ) async throws -> WrittenObject {
    do {
      return try await writer.finish()
    } catch {
      guard error.code == .preconditionFailed else { throw error }
      throw Refusal(
        412,
        condition == .ifAbsent
          ? "\(path) exists already, and If-None-Match: * asks that it does not; nothing was stored."
          : "\(path) is not the version that If-Match names: fetch it again; nothing was stored.")
    }
  }

  /// Refuses before the body is sent what would fail after it. Returns whether an object stands there.
  private func checkPlace(of path: ObjectPath) async throws -> Bool {
    do {
      let standing = try await fileSystem.standing(at: path)
      guard standing.object || !standing.directory else {
        throw Refusal(
          409, "\(path) is a directory: to store a file in it, name the file, as in \(path.asDirectory)name.")
      }
      return standing.object
    } catch let error as FileSystemError {
      if error.code == .notFound { try await checkBucket(of: path) }
      throw error
    }
  }

  func checkBucket(of path: ObjectPath) async throws {
    do {
      _ = try await fileSystem.locate(ObjectPath(bucket: path.bucket), freshness: .withinTTL)
    } catch {
      guard error.code == .notFound else { throw error }
      throw Refusal(404, "There is no bucket \(path.bucket): create it first, with PUT /\(path.bucket)/.")
    }
  }

  /// What `If-Match: *` stands for: whatever is there, as long as something is.
  private func newestVersion(of path: ObjectPath) async throws -> ETag {
    do {
      if case .object(let info) = try await fileSystem.locate(path, freshness: .now) { return info.etag }
    } catch {
      guard error.code == .notFound else { throw error }
    }
    throw Refusal(412, "\(path) does not exist, and If-Match: * asks that it does; nothing was stored.")
  }

  /// PUT with a slash at the end: a bucket or a directory.
  func makeDirectory(_ path: ObjectPath, _ request: Request, _ body: RequestBody) async throws -> Response {
    if request.hasBody, try await body.next()?.isEmpty == false {
      throw Refusal(400, "A directory has no contents: to store a file, name it after the slash.")
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
    var properties = ObjectProperties(contentType: isForm || type == "" ? nil : type)
    properties.cacheControl = headers["Cache-Control"]
    properties.contentEncoding = headers["Content-Encoding"]
    properties.contentDisposition = headers["Content-Disposition"]
    properties.contentLanguage = headers["Content-Language"]
    properties.expires = headers["Expires"]
    for (name, value) in headers.fields where name.lowercasedASCII.hasPrefix("x-amz-meta-") {
      properties.userMetadata[String(name.lowercasedASCII.dropFirst("x-amz-meta-".count))] = value
    }
    return properties
  }
}
