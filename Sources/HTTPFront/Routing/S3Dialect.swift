import Core

/// Recognizes requests of S3's own API that this interface does not support, and refuses them with 501.
enum S3Dialect {
  /// The AWS SDKs for JavaScript and others name the operation in the query: `x-id=PutObject`.
  static let operationName = "x-id"

  /// S3's sub-resources that this interface does not support.
  private static let subresources: Set = [
    "accelerate", "acl", "analytics", "attributes", "cors", "defaultObjectAcl", "encryption", "intelligent-tiering",
    "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataTable", "metrics",
    "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject",
    "replication", "requestPayment", "retention", "select", "session", "tagging", "torrent", "uploads", "versioning",
    "website",
  ]
  /// Sub-resources that have a value.
  private static let valued: Set = ["list-type", "partNumber", "select-type", "uploadId"]

  /// The operations of plain requests, by S3's names.
  private static let operations: [String: Set<String>] = [
    "GET": ["GetObject"], "HEAD": ["HeadObject"], "PUT": ["PutObject", "CreateBucket"],
    "DELETE": ["DeleteObject", "DeleteBucket"],
  ]

  /// Throws 501 for a query of S3's API.
  static func check(_ call: Call) throws(HTTPError) {
    for item in call.target.query {
      // For reads, `?session=1` may belong to any client; a request that changes something is checked completely.
      let isSubresource = subresources.contains(item.name) && (!call.request.isRead || item.value ?? "" == "")
      let isOperation =
        item.name == operationName && !(operations[call.request.method]?.contains(item.value ?? "") ?? false)
      let isSignature = !call.request.isRead && item.name.lowercasedASCII.hasPrefix("x-amz-")
      if isSubresource || valued.contains(item.name) || isOperation || isSignature {
        throw notHere("?\(item.name)")
      }
    }
  }

  /// Headers that do not affect the operation: about the request's signature and the program that sends it.
  private static let harmless: Set = [
    "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent", "x-amz-sdk-checksum-algorithm",
    "x-amz-checksum-algorithm",
  ]

  /// Throws 501 for headers of S3's API that would change what is stored. Conditions are evaluated elsewhere.
  static func checkHeaders(_ request: Request, of endpoint: HTTPEndpoint) throws(HTTPError) {
    for (name, value) in request.headers.fields {
      let name = name.lowercasedASCII
      if name == "content-encoding", value.lowercasedASCII.contains("aws-chunked") { throw notHere("aws-chunked") }
      if BodyDigests.knows(name) {
        if request.method == "PUT" { continue }
        throw HTTPError(400, "\(name) is verified with PUT only; nothing was done.")
      }
      guard name.hasPrefix("x-amz-"), !WriteConditions.isCondition(name) else { continue }
      if name == "x-amz-content-sha256", value.uppercased().hasPrefix("STREAMING-") { throw notHere(value) }
      let isStored = name.hasPrefix("x-amz-meta-") || name == "x-amz-website-redirect-location"
      if isStored, endpoint.changes != .objectWithHeaders {
        throw HTTPError(400, "\(name) is stored with PUT of an object only; nothing was done.")
      }
      guard isStored || harmless.contains(name) else { throw notHere(name) }
    }
  }

  private static func notHere(_ what: String) -> HTTPError {
    HTTPError(
      501,
      "\(what) belongs to S3's own API, which this gateway does not speak (docs/HTTP.md); nothing was done. "
        + "Send such requests to the S3 endpoint itself.")
  }
}
