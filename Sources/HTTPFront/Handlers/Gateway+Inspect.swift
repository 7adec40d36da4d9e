import Core

extension Gateway {
  /// `?meta`: what is known of an object or a directory, as JSON.
  func inspect(_ path: ObjectPath, _ request: Request) async throws -> Response {
    var headers = Headers()
    headers.addListingPolicy()
    let located = try await fileSystem.locate(path, freshness: .now)
    guard case .object(let info) = located else {
      let type: JSON =
        switch located {
        case .root: "root"
        case .bucket: "bucket"
        case .directory, .object: "directory"
        }
      return .json(
        200, .object([("path", .string(path.asDirectory.description)), ("type", type)]), headers: headers)
    }
    return .json(200, Self.json(of: info), headers: headers)
  }

  private static func json(of info: ObjectInfo) -> JSON {
    let properties = info.properties
    let metadata = (properties?.userMetadata ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
    return .object([
      ("path", .string(info.path.description)), ("type", "object"), ("url", .string(info.path.urlPath)),
      ("s3", .string("s3://\(info.path.bucket)/\(info.path.key)")), ("size", .number(info.size)),
      ("etag", .string(info.etag.quoted)), ("modified", .string(HTTPDate.formatISO(info.lastModified))),
      ("versionId", .optional(info.versionID)), ("contentType", .optional(properties?.contentType)),
      ("contentEncoding", .optional(properties?.contentEncoding)),
      ("contentDisposition", .optional(properties?.contentDisposition)),
      ("contentLanguage", .optional(properties?.contentLanguage)),
      ("cacheControl", .optional(properties?.cacheControl)), ("expires", .optional(properties?.expires)),
      ("storageClass", .string(properties?.storageClass ?? "STANDARD")), ("metadata", .object(metadata)),
    ])
  }
}
