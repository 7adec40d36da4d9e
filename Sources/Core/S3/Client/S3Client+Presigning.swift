extension S3Client {
  /// The longest that a presigned URL may be valid, in seconds: seven days.
  public static let longestPresignedValidity = 604_800

  public enum PresignedMethod: Sendable {
    case get, put
  }

  /// A URL with which anyone may read (or write) this one object for `seconds` (1 ... 604,800), without credentials.
  /// `endpoint` is the server by another name, for who reaches it otherwise. Cost: no request.
  public func presignedURL(
    _ method: PresignedMethod, _ reference: ObjectReference, expiresIn seconds: Int, versionID: String? = nil,
    endpoint: Endpoint? = nil
  ) -> String {
    var request = S3Request("Presign", method == .get ? .get : .put, reference)
    if let versionID { request.ask("versionId", versionID) }
    let validity = min(max(1, seconds), Self.longestPresignedValidity)
    return builder.presignedURL(request, expiresIn: validity, time: .now(), endpoint: endpoint)
  }

  public func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String {
    var other: Endpoint?
    do throws(ConfigurationError) {
      other = try endpoint.map { text throws(ConfigurationError) in try Endpoint(text) }
    } catch {
      throw S3Error(.invalidRequest, message: error.description, operation: "Presign \(reference)")
    }
    return presignedURL(.get, reference, expiresIn: seconds, versionID: versionID, endpoint: other)
  }
}
