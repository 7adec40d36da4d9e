import S3
import Synchronization

/// One version of an object, or one delete marker, in a bucket with versioning.
public struct ListedVersion: Sendable {
  public var id: String
  public var isLatest: Bool
  public var isDeleteMarker: Bool
  public var modified: Timestamp
  /// In bytes; 0 for a delete marker.
  public var size: Int64
  /// nil for a delete marker.
  public var etag: ETag?
}

extension ListedVersion {
  init(_ version: ObjectVersion) {
    self.init(
      id: version.versionID, isLatest: version.isLatest, isDeleteMarker: version.isDeleteMarker,
      modified: version.lastModified, size: version.size, etag: version.etag)
  }
}

extension KeyEdits {
  /// Returns every version of an object, or of a directory's marker, the newest first; empty where the bucket has no
  /// versioning. Throws notFound where the object never existed. Cost: one ListObjectVersions per 1,000 versions.
  public func versions(of path: ObjectPath) async throws(FileSystemError) -> [ListedVersion] {
    try await door.enter(path, .read)
    try door.requireObject(path)
    let found = try await everyVersion(of: path)
    guard !found.isEmpty else { throw .notFound(path) }
    // Without versioning S3 lists the object as its own only version.
    if found.allSatisfy({ $0.versionID == "null" }) { return [] }
    return found.map { ListedVersion($0) }
  }

  private func everyVersion(of path: ObjectPath) async throws(FileSystemError) -> [ObjectVersion] {
    var found: [ObjectVersion] = []
    var page = VersionsPage(versions: [])
    repeat {
      let (key, version) = (page.nextKeyMarker, page.nextVersionMarker)
      page = try await mappingErrors { () async throws(S3Error) in
        try await store.listVersions(bucket: path.bucket, prefix: path.key, keyMarker: key, versionMarker: version)
      }
      // The key itself comes before all longer keys that begin with it.
      found += page.versions.filter { $0.key == path.key }
    } while page.nextKeyMarker == path.key
    return found
  }

  /// Opens one version for reading. Throws notFound. Cost: one HEAD.
  public func reader(of path: ObjectPath, version: String) async throws(FileSystemError) -> ObjectReader {
    try await door.enter(path, .read)
    try door.requireObject(path)
    let reference = path.reference
    let head: ObjectHead
    do throws(S3Error) {
      head = try await store.headObject(reference, conditions: .none, versionID: version)
    } catch {
      // S3 returns 400 for a malformed version ID, and 405 for a delete marker.
      guard error.code == .invalidRequest || error.status == 400 || error.status == 405 else {
        throw FileSystemError(error)
      }
      throw FileSystemError(.notFound, "\(path) has no version \(version)", cause: error)
    }
    return byKey.objectReader(at: path, head, contents.reader(of: reference, head: head, versionID: version))
  }

  /// Makes a version the newest again; the versions in between stay in the history. Throws notFound; preconditionFailed
  /// where `ifMatch` names another version than the newest, which is checked just before. Cost: one COPY, one HEAD; two
  /// with `ifMatch`.
  public func restore(
    _ path: ObjectPath, version: String, ifMatch etag: ETag? = nil
  ) async throws(FileSystemError) -> WrittenObject {
    try await door.enter(path, .change)
    let reference = path.reference
    if let etag {
      let newest = try await knowledge.head(of: reference, freshness: .now).etag
      guard newest == etag else { throw .replaced(path, by: newest) }
    }
    let properties = try await reader(of: path, version: version).info.properties ?? ObjectProperties()
    _ = try await mappingErrors { () async throws(S3Error) in
      try await store.restoreVersion(version, of: reference, properties: properties)
    }
    knowledge.metadata.withLock { $0.forget(reference) }
    let head = try await knowledge.head(of: reference, freshness: .now)
    if path.isDirectory {
      changes.apply(.changedTree(path.location))
      changes.apply(.madeDirectory(path.location))
    } else {
      changes.apply(.wrote(head, at: reference, isListed: true))
    }
    changes.announce(path)
    return WrittenObject(etag: head.etag, versionID: head.versionID, created: false)
  }

  /// Deletes one version, or one delete marker, permanently; where it was the newest, the previous one becomes the
  /// newest. Throws notFound. Cost: one ListObjectVersions per 1,000 versions, one DELETE, one HEAD.
  public func delete(_ path: ObjectPath, version: String) async throws(FileSystemError) {
    try await door.enter(path, .change)
    try door.requireObject(path)
    // S3 reports success for deleting a version that does not exist.
    guard try await everyVersion(of: path).contains(where: { $0.versionID == version }) else {
      throw FileSystemError(.notFound, "\(path) has no version \(version)")
    }
    let reference = path.reference
    try await mappingErrors { () async throws(S3Error) in
      try await store.deleteObject(reference, versionID: version)
    }
    knowledge.metadata.withLock { $0.forget(reference) }
    do throws(FileSystemError) {
      let head = try await knowledge.head(of: reference, freshness: .now)
      changes.apply(.wrote(head, at: reference, isListed: true))
      changes.announce(path)
    } catch {
      guard error.code == .notFound else { throw error }
      changes.apply(.deleted(reference))
      announceRemoved(path)
    }
  }
}
