import S3

/// S3's own properties of an object as extended attributes: in the mount, where they cannot be set, and of the entries
/// of a tar. Every stored header is one, by its name (`user.s3.content-type`).
public enum S3Attributes {
  public static let prefix = "user.s3."
  public static let tags = prefix + "tags"
  /// The beginning of the names of user metadata.
  public static let metadata = prefix + "metadata."
  public static let storageClass = prefix + "storage-class"
  private static let etag = prefix + "etag"
  private static let versionID = prefix + "version-id"

  static func of(_ head: ObjectHead) -> [String: String] {
    of(head.properties, etag: head.etag, versionID: head.versionID)
  }

  /// Returns the attributes of an object; its tags are not among them.
  public static func of(_ properties: ObjectProperties, etag: ETag?, versionID: String? = nil) -> [String: String] {
    var values: [String: String] = [:]
    for header in StoredHeader.all { values[name(of: header)] = properties[keyPath: header.value] }
    // S3 does not name its default.
    values[storageClass] = values[storageClass] ?? "STANDARD"
    if let etag, !etag.value.isEmpty { values[Self.etag] = etag.value }
    values[Self.versionID] = versionID
    for (name, value) in properties.userMetadata { values[metadata + name] = value }
    return values
  }

  /// Returns the name of a header's attribute: without the `x-amz-` of S3's own.
  public static func name(of header: StoredHeader) -> String {
    prefix + (header.name.hasPrefix("x-amz-") ? String(header.name.dropFirst("x-amz-".count)) : header.name)
  }
}
