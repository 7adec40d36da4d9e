import Core
import FoundationEssentials

// Buckets: what they do with what is stored in them, and what was deleted from them.

extension Gateway {
  /// The body of `POST /bucket/?meta`. What `GET ?meta` returns may be sent back as it is.
  private struct Settings: Document {
    var versioning: String?
    var members: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: MemberName.self)
      members = container.allKeys.map(\.stringValue)
      versioning = try container.decodeIfPresent(String.self, forKey: MemberName(stringValue: "versioning"))
    }
  }

  private static let described: Set = ["path", "type", "url", "region", "notifications", "versioning"]

  func configure(_ bucket: ObjectPath, _ body: RequestBody) async throws -> Response {
    let settings = try Settings(
      json: try await body.collect(atMost: Self.detailsLimit), known: Self.described,
      orElse: #"The body is not {"versioning": "Enabled"} in JSON."#
    ) { "?meta of a bucket takes \"versioning\", not \"\($0)\"." }
    switch settings.versioning?.lowercasedASCII {
    case nil: break
    case "enabled": try await fileSystem.setVersioned(true, bucket)
    case "suspended", "off":
      // S3 can suspend it only where it was enabled once.
      if try await fileSystem.settings(of: bucket).isVersioned == true {
        try await fileSystem.setVersioned(false, bucket)
      }
    default: throw HTTPError(400, "Versioning is Enabled or Suspended.")
    }
    return Response(204)
  }

  /// `?deleted`: objects below that a bucket keeps versions of, with the version that can be restored.
  func deleted(below directory: ObjectPath) async throws -> Response {
    let (found, isTruncated) = try await fileSystem.deletedObjects(below: directory)
    var headers = Headers()
    headers.addListingPolicy()
    let body = JSON.object([
      ("path", .string(directory.description)), ("deleted", .array(found.map(\.json))),
      ("truncated", .bool(isTruncated)),
    ])
    return .json(200, body, headers: headers)
  }
}

extension DeletedObject {
  fileprivate var json: JSON {
    .object([
      ("name", .string(path.name)), ("type", "object"), ("path", .string(path.description)),
      ("url", .string(path.urlPath)), ("size", .number(last?.size ?? 0)),
      ("deleted", .string(HTTPDate.formatISO(deleted))), ("versionId", .optional(last?.id)),
    ])
  }
}

extension BucketSettings {
  /// The members of `?meta`.
  var members: [(String, JSON)] {
    [
      ("region", .optional(region)), ("versioning", .optional(isVersioned.map { $0 ? "Enabled" : "Off" })),
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
