import Core

/// Converts what S3 stores with an object to and from extended attributes of its entry in a tar. They have the names that
/// the mount uses (`user.s3.content-type`, `user.s3.metadata.NAME`, `user.s3.tags`), so that GNU tar and others read them,
/// too.
struct ArchiveRecords {
  private static let prefix = S3Attributes.prefix
  /// A header's original value, if this program would spell it differently.
  private static let spelling = prefix + "spelling."

  /// Returns the records of an object. One of them always exists, which shows that the others were absent.
  static func of(_ properties: ObjectProperties, tags: [Tag], etag: ETag?) -> [String: [UInt8]] {
    var records = S3Attributes.of(properties, etag: etag)
    if !tags.isEmpty { records[S3Attributes.tags] = Tag.query(tags) }
    let spelt = properties.spellings.map { (spelling + $0.key, $0.value) }
    return records.mapValues { Array($0.utf8) }.merging(spelt) { $1 }
  }

  /// Returns the properties in an entry's records, with tags; `nil` if it has none. Throws 400 for records that are not
  /// UTF-8 or tags that cannot be parsed.
  static func properties(_ attributes: [String: [UInt8]]) throws(HTTPError) -> ObjectProperties? {
    let own = attributes.filter { $0.key.hasPrefix(prefix) }
    guard !own.isEmpty else { return nil }
    var properties = ObjectProperties()
    for (name, bytes) in own where !name.hasPrefix(spelling) {
      guard let value = String(validating: bytes, as: UTF8.self) else {
        throw HTTPError(400, "its attribute \(name) is not UTF-8")
      }
      if name == S3Attributes.tags {
        properties.tags = try FormFields(bytes).all.map { Tag(key: $0.name, value: $0.value) }
      } else if name == S3Attributes.storageClass {
        properties.storageClass = value == "STANDARD" ? nil : value
      } else if name.hasPrefix(S3Attributes.metadata) {
        properties.userMetadata[String(name.dropFirst(S3Attributes.metadata.count))] = value
      } else if let field = StoredHeader.described.first(where: { S3Attributes.name(of: $0) == name }) {
        properties[keyPath: field.value] = value
      }
    }
    // Used only if it means the same.
    for (name, bytes) in own where name.hasPrefix(spelling) {
      properties.take(spelling: bytes, of: String(name.dropFirst(spelling.count)))
    }
    return properties
  }
}
