import Core

extension Gateway {
  /// `?meta`: what is known of an object or a directory, as JSON.
  func inspect(_ path: ObjectPath, _ request: Request) async throws -> Response {
    var headers = Headers()
    headers.addListingPolicy()
    if !path.isDirectory, let details = try await details(of: path) {
      headers.add("ETag", details.info.etag.quoted)
      return .json(200, details.json, headers: headers)
    }
    let type: JSON =
      switch try await fileSystem.locate(path.asDirectory, freshness: .now) {
      case .root: "root"
      case .bucket: "bucket"
      case .directory, .object: "directory"
      }
    var members: [(String, JSON)] = [
      ("path", .string(path.asDirectory.description)), ("type", type), ("url", .string(path.asDirectory.urlPath)),
    ]
    if path.isBucket { members += try await fileSystem.settings(of: path).members }
    return .json(200, .object(members), headers: headers)
  }

  /// nil where no object stands at the path.
  private func details(of path: ObjectPath) async throws(FileSystemError) -> ObjectDetails? {
    do {
      return try await fileSystem.details(of: path)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// `POST ?meta`: other headers, metadata or tags.
  func change(
    _ path: ObjectPath, replacesAll: Bool, on condition: WriteCondition, _ body: RequestBody
  ) async throws -> Response {
    let changes = try DetailChanges(json: try await body.collect(atMost: Self.detailsLimit), replacesAll: replacesAll)
    let written = try await fileSystem.change(path, to: changes, ifMatch: condition.version)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    return Response(204, headers: headers)
  }

  /// 2 KB of metadata and 10 tags take no more, however they are escaped.
  static let detailsLimit = 64 << 10

  // MARK: Versions

  /// `?versions`, the newest first; none where the bucket keeps none.
  func versions(of path: ObjectPath) async throws -> Response {
    var headers = Headers()
    headers.addListingPolicy()
    let versions = try await fileSystem.versions(of: path)
    return .json(
      200, .object([("path", .string(path.description)), ("versions", .array(versions.map(\.json)))]), headers: headers)
  }

  /// `POST ?restore=`.
  func restore(_ path: ObjectPath, version: String, on condition: WriteCondition) async throws -> Response {
    let written = try await fileSystem.restore(path, version: version, ifMatch: condition.version)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    let body = JSON.object([
      ("path", .string(path.description)), ("etag", .string(written.etag.quoted)),
      ("versionId", .optional(written.versionID)),
    ])
    return .json(200, body, headers: headers)
  }

  /// `?presign`: a URL straight to S3.
  func presign(_ path: ObjectPath, seconds: Int, host: String?) async throws -> Response {
    guard case .object = try await fileSystem.locate(path, freshness: .withinTTL) else {
      throw HTTPError(409, "\(path) is a directory: presigned URLs are for objects.")
    }
    let url = try fileSystem.presignedURL(of: path, validFor: seconds, host: host.flatMap { $0.isEmpty ? nil : $0 })
    return .json(
      200, .object([("url", .string(url)), ("expires", .number(Int64(seconds)))]),
      headers: ["Cache-Control": "no-store"])
  }
}

extension ListedVersion {
  fileprivate var json: JSON {
    .object([
      ("versionId", .string(id)), ("isLatest", .bool(isLatest)), ("deleteMarker", .bool(isDeleteMarker)),
      ("lastModified", .string(HTTPDate.formatISO(modified))), ("size", .number(size)),
      ("etag", .optional(etag?.quoted)),
    ])
  }
}

extension ObjectDetails {
  fileprivate var json: JSON {
    let properties = info.properties ?? ObjectProperties()
    let headers = StoredHeader.described.compactMap { field in
      properties[keyPath: field.value].map { (field.name, JSON.string($0)) }
    }
    let metadata = properties.userMetadata.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
    let modified = JSON.string(HTTPDate.formatISO(info.lastModified))
    return .object([
      ("path", .string(info.path.description)), ("type", "object"), ("url", .string(info.path.urlPath)),
      ("s3", .string("s3://\(info.path.bucket)/\(info.path.key)")), ("size", .number(info.size)),
      ("etag", .string(info.etag.quoted)), ("modified", modified), ("lastModified", modified),
      ("versionId", .optional(info.versionID)), ("contentType", .optional(properties.contentType)),
      ("storageClass", .string(properties.storageClass ?? "STANDARD")), ("headers", .object(headers)),
      ("metadata", .object(metadata)),
      ("tags", tags.map { .object($0.map { ($0.key, .string($0.value)) }) } ?? .null),
    ])
  }
}
