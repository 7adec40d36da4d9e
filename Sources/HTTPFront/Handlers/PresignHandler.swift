import Core

/// Signs URLs of objects in S3 itself.
struct PresignHandler: Sendable {
  let fileSystem: FileSystem

  /// `?presign`: returns a URL of the object in S3 itself. Costs no request if the object is known within the ttl.
  func presign(_ path: ObjectPath, seconds: Int, host: String?) async throws -> Response {
    guard case .object = try await fileSystem.byKey.locate(path, freshness: .withinTTL) else {
      throw HTTPError(409, "\(path) is a directory: presigned URLs are for objects.")
    }
    let url = try fileSystem.edits.presignedURL(
      of: path, validFor: seconds, host: host)
    return .json(
      200, .object([("url", .string(url)), ("expires", .number(Int64(seconds)))]),
      headers: ["Cache-Control": "no-store"])
  }
}

// MARK: Verbs

/// `GET ?presign`.
struct Presign: Action {
  /// The validity of presigned URLs, in seconds.
  private static let defaultValidity = 3600
  private static let longestValidity = 604_800

  let path: ObjectPath
  let seconds: Int
  let host: String?

  func answer(in context: ActionContext) async throws -> Response {
    try await PresignHandler(fileSystem: context.fileSystem).presign(path, seconds: seconds, host: host)
  }

  /// Parses the validity in seconds. Throws 400 if S3 does not allow it.
  static func validity(_ text: String?) throws(HTTPError) -> Int {
    let text = text ?? "\(defaultValidity)"
    guard let seconds = Int(text), (1...longestValidity).contains(seconds) else {
      throw HTTPError(400, "?expires= is a number of seconds from 1 to \(longestValidity).")
    }
    return seconds
  }
}

extension PresignHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: [.object], verb: "presign", options: ["expires", "host"],
      summary: "A URL straight to S3", example: "presign&expires=60", elsewhere: .objectsOnly("?presign")
    ) { call throws(HTTPError) in
      Presign(path: call.path, seconds: try Presign.validity(call.option("expires")), host: try call.option("host"))
    }
  ]
}
