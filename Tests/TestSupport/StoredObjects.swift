import S3

/// One version of an object's bytes and headers.
struct StoredObject: Sendable {
  var bytes: [UInt8]
  var etag: ETag
  var lastModified: Timestamp
  var properties: ObjectProperties
  var tags: [Tag] = []
  /// In a bucket with versioning.
  var versionID: String?

  /// - Parameter tellsTags: whether the answer contains the number of the object's tags.
  func head(at lastModified: Timestamp, tellsTags: Bool = true) -> ObjectHead {
    ObjectHead(
      size: Int64(bytes.count), etag: etag, lastModified: lastModified, properties: properties, versionID: versionID,
      tagCount: tellsTags ? tags.count : nil)
  }

  func summary(_ key: ObjectKey, at lastModified: Timestamp) -> ObjectSummary {
    ObjectSummary(
      key: key, size: Int64(bytes.count), etag: etag, lastModified: lastModified,
      storageClass: properties.storageClass ?? "STANDARD")
  }
}

/// A version that a bucket with versioning keeps; without an object it is a delete marker.
struct StoredVersion: Sendable {
  let id: String
  var object: StoredObject?
}

struct StoredBucket: Sendable {
  let created: Timestamp
  var isVersioned = false
  /// The document of the bucket's notification configuration.
  var notifications: [UInt8]?
  /// Oldest first.
  private(set) var versions: [ObjectKey: [StoredVersion]] = [:]
  private var versionsMade = 0
  private(set) var objects: [ObjectKey: StoredObject] = [:]
  /// In order of their bytes.
  private(set) var keys: [ObjectKey] = []

  init(created: Timestamp) { self.created = created }

  subscript(key: ObjectKey) -> StoredObject? {
    get { objects[key] }
    set {
      let existed = objects[key] != nil
      objects[key] = versioned(newValue, key)
      if existed == (newValue != nil) { return }
      let index = firstIndex { $0 >= key }
      if existed { keys.remove(at: index) } else { keys.insert(key, at: index) }
    }
  }

  private mutating func versioned(_ object: StoredObject?, _ key: ObjectKey) -> StoredObject? {
    guard isVersioned else { return object }
    versionsMade += 1
    var object = object
    object?.versionID = "v\(versionsMade)"
    versions[key, default: []].append(StoredVersion(id: "v\(versionsMade)", object: object))
    return object
  }

  /// Changes properties of the newest version without creating another one.
  mutating func setTags(_ tags: [Tag], of key: ObjectKey) { objects[key]?.tags = tags }

  func object(_ key: ObjectKey, versionID: String) -> StoredObject? {
    versions[key]?.first { $0.id == versionID }?.object
  }

  /// Removes one version; the newest of the rest becomes the object.
  mutating func remove(_ key: ObjectKey, versionID: String) {
    versions[key]?.removeAll { $0.id == versionID }
    let newest = versions[key]?.last?.object
    let wasVersioned = isVersioned
    isVersioned = false
    self[key] = newest
    isVersioned = wasVersioned
  }

  /// Returns the first index whose key satisfies a predicate that is false for all earlier keys and true for all later.
  func firstIndex(_ predicate: (ObjectKey) -> Bool) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if predicate(keys[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// A multipart upload in progress.
struct StoredUpload: Sendable {
  let upload: MultipartUpload
  let properties: ObjectProperties
  let tags: [Tag]
  var parts: [Int: Part] = [:]

  struct Part: Sendable {
    let bytes: [UInt8]
    let etag: ETag
  }
}
