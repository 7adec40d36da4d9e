import Core

/// Returns and changes what is stored beside the bytes: headers, metadata and tags of objects, settings of buckets.
struct MetadataHandler: Sendable {
  /// Limits the bodies of `POST ?meta`: 2 KB of metadata and 10 tags need no more, however they are escaped.
  private static let bodyLimit = 64 << 10

  let fileSystem: FileSystem

  /// `GET ?meta`: describes an object, a directory or a bucket as JSON. Cost: one HEAD and one GetObjectTagging for an
  /// object; one HEAD more than its look-up for a directory; four requests for a bucket.
  func inspect(_ path: ObjectPath, _ request: Request) async throws -> Response {
    var headers = Headers()
    headers.addListingPolicy()
    if !path.isDirectory, let details = try await details(of: path) {
      headers.add("ETag", details.info.etag.quoted)
      return .json(200, details.json, headers: headers)
    }
    let type: JSON =
      switch try await fileSystem.byKey.locate(path.asDirectory, freshness: .now) {
      case .root: "root"
      case .bucket: "bucket"
      case .directory, .object: "directory"
      }
    var members: [(String, JSON)] = [
      ("path", .string(path.asDirectory.description)), ("type", type), ("url", .string(path.asDirectory.urlPath)),
    ]
    if path.isBucket {
      members += try await fileSystem.edits.settings(of: path).members
    } else if !path.isRoot {
      members.append(("marker", try await fileSystem.byKey.objectNow(at: path.asDirectory)?.marker ?? .null))
    }
    return .json(200, .object(members), headers: headers)
  }

  /// Returns `nil` if there is no object at the path.
  private func details(of path: ObjectPath) async throws(FileSystemError) -> ObjectDetails? {
    do {
      return try await fileSystem.edits.details(of: path)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// `POST ?meta` of an object: changes headers, metadata or tags.
  func change(
    _ path: ObjectPath, replacesAll: Bool, on condition: WriteCondition, _ body: RequestBody
  ) async throws -> Response {
    let changes = try DetailChanges(json: try await body.collect(atMost: Self.bodyLimit), replacesAll: replacesAll)
    let written = try await fileSystem.edits.change(path, to: changes, ifMatch: condition.version)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    return Response(204, headers: headers)
  }

  // MARK: Buckets

  /// The members that `GET ?meta` returns for a bucket.
  private static let described: Set = ["path", "type", "url", "region", "notifications", "versioning"]

  /// `POST ?meta` of a bucket: enables or suspends versioning. The answer of `GET ?meta` may be sent back unchanged.
  func configure(_ bucket: ObjectPath, _ body: RequestBody) async throws -> Response {
    let settings = try JSONDocument(
      try await body.collect(atMost: Self.bodyLimit), orElse: #"The body is not {"versioning": "Enabled"} in JSON."#)
    let versioning = try settings.string("versioning")
    try settings.refuse(otherThan: Self.described) { "?meta of a bucket takes \"versioning\", not \"\($0)\"." }
    switch versioning?.lowercasedASCII {
    case nil: break
    case "enabled": try await fileSystem.edits.setVersioned(true, bucket)
    case "suspended", "off":
      // S3 can suspend versioning only in a bucket that once had it enabled.
      if try await fileSystem.edits.settings(of: bucket).versioning == .enabled {
        try await fileSystem.edits.setVersioned(false, bucket)
      }
    default: throw HTTPError(400, "Versioning is Enabled or Suspended.")
    }
    return Response(204)
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

extension ObjectInfo {
  /// A directory's marker in its `?meta`. Some programs write bytes into it.
  fileprivate var marker: JSON {
    .object([
      ("size", .number(size)), ("etag", .string(etag.quoted)), ("modified", .string(HTTPDate.formatISO(lastModified))),
    ])
  }
}

extension BucketSettings {
  /// The members of `?meta`.
  var members: [(String, JSON)] {
    [
      ("region", .optional(region)), ("versioning", .optional(versioning?.rawValue)),
      ("notifications", notifications.map { .array($0.map(\.json)) } ?? .null),
    ]
  }
}

extension BucketNotification {
  fileprivate var json: JSON {
    .object([
      ("kind", .string(kind.rawValue)), ("id", .optional(id)), ("target", .optional(target)),
      ("events", .array(events.map { .string($0) })), ("prefix", .optional(prefix)), ("suffix", .optional(suffix)),
    ])
  }
}

// MARK: Verbs

/// `GET ?meta`.
struct Inspect: Action {
  let path: ObjectPath

  func answer(in context: ActionContext) async throws -> Response {
    try await MetadataHandler(fileSystem: context.fileSystem).inspect(path, context.request)
  }
}

/// `POST ?meta` of an object.
struct ChangeDetails: Action {
  let path: ObjectPath
  let replacesAll: Bool

  var subject: WriteConditions.Subject? { .object(path, mayBeAbsent: false) }

  func answer(in context: ActionContext) async throws -> Response {
    try await MetadataHandler(fileSystem: context.fileSystem)
      .change(path, replacesAll: replacesAll, on: context.condition, context.body)
  }
}

/// `POST ?meta` of a bucket.
struct ConfigureBucket: Action {
  let path: ObjectPath

  var subject: WriteConditions.Subject? { .directory(path, mayBeAbsent: false) }

  func answer(in context: ActionContext) async throws -> Response {
    try await MetadataHandler(fileSystem: context.fileSystem).configure(path, context.body)
  }
}

extension MetadataHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: .everywhere, verb: "meta", summary: "What is known of it", example: "meta"
    ) { Inspect(path: $0.path) },
    HTTPEndpoint(
      method: "POST", places: [.object], verb: "meta", options: ["replace"], changes: .something,
      summary: "Sets headers, metadata and tags", example: "meta",
      elsewhere: HTTPEndpoint.Elsewhere(
        status: 400, sentence: "POST ?meta is for objects and buckets, not for directories.")
    ) { call throws(HTTPError) in ChangeDetails(path: call.path, replacesAll: try call.flag("replace")) },
    HTTPEndpoint(
      method: "POST", places: [.bucket], verb: "meta", changes: .something,
      summary: "Has a bucket keep versions, or no new ones", example: "meta"
    ) { ConfigureBucket(path: $0.path) },
  ]
}
