import S3
import Synchronization

// What S3 stores beside an object's bytes: headers, metadata, tags.

extension KeyEdits {
  /// Returns headers, metadata and tags of an object. Throws notFound. Cost: one HEAD and one GetObjectTagging, in
  /// parallel.
  public func details(of path: ObjectPath) async throws(FileSystemError) -> ObjectDetails {
    try await door.enter(path, .read)
    try door.requireObject(path)
    let reference = path.reference
    async let tags = try? store.tags(of: reference)
    let head = try await knowledge.head(of: reference, freshness: .now)
    return ObjectDetails(info: ObjectInfo(path: path, head: head), tags: await tags)
  }

  /// Returns the tags of an object, or of a directory's marker; none where the server stores none or does not permit
  /// reading them. Cost: one GetObjectTagging.
  public func tags(of path: ObjectPath) async throws(FileSystemError) -> [Tag] {
    try await door.enter(path, .read)
    do throws(S3Error) { return try await store.tags(of: path.reference) } catch {
      guard let status = error.status, (400..<500).contains(status) || status == 501 else {
        throw FileSystemError(error)
      }
      return []
    }
  }

  /// Replaces headers, metadata or tags of an object; its bytes stay. The write is conditional on the version that was
  /// read, so that no change made in between is undone. Throws preconditionFailed where `ifMatch` names another
  /// version; attributeTooLarge (S3 stores 2 KB of metadata); invalidArgument for headers or tags that S3 rejects.
  /// Cost: one HEAD, one COPY onto itself where headers or metadata change, one PutObjectTagging where tags do, and one
  /// GetObjectTagging where these are merged.
  public func change(
    _ path: ObjectPath, to changes: DetailChanges, ifMatch etag: ETag?
  ) async throws(FileSystemError) -> WrittenObject {
    try await door.enter(path, .change)
    try door.requireObject(path)
    return try await held.alone(with: [path]) { () async throws(FileSystemError) in
      try await changeAlone(path, to: changes, ifMatch: etag)
    }
  }

  private func changeAlone(
    _ path: ObjectPath, to changes: DetailChanges, ifMatch etag: ETag?
  ) async throws(FileSystemError) -> WrittenObject {
    let reference = path.reference
    var head = try await knowledge.head(of: reference, freshness: .now)
    guard etag == nil || head.etag == etag else { throw .replaced(path, by: head.etag) }
    let properties = changes.applied(to: head.properties)
    try properties.requireStorable(replacing: head.properties)
    let tags = try await tags(of: reference, changed: changes)
    if properties != head.properties { head = try await rewrite(reference, head, properties) }
    if let tags {
      try await mappingErrors { () async throws(S3Error) in try await store.setTags(tags, of: reference) }
      self.changes.apply(.changedTags(reference))
    }
    self.changes.announce(path)
    return WrittenObject(etag: head.etag, versionID: head.versionID, created: false)
  }

  private func rewrite(
    _ reference: ObjectReference, _ head: ObjectHead, _ properties: ObjectProperties
  ) async throws(FileSystemError) -> ObjectHead {
    let copy = ObjectCopy(
      store: store, journal: uploadJournal, source: reference, destination: reference, headers: properties,
      ifSourceMatch: head.etag)
    let result = try await mappingErrors { () async throws(S3Error) in try await copy.copyAsItIs(size: head.size) }
    cache.alias(.init(reference: reference, etag: head.etag), as: .init(reference: reference, etag: result.etag))
    let written = ObjectHead(
      size: head.size, etag: result.etag, lastModified: result.lastModified ?? time.wall(), properties: properties,
      versionID: result.versionID, tagCount: head.tagCount)
    changes.apply(.wrote(written, at: reference, isListed: result.lastModified != nil))
    return written
  }

  /// Returns the tags to be written; nil leaves them unchanged. Cost: one GetObjectTagging where tags are merged.
  private func tags(
    of reference: ObjectReference, changed changes: DetailChanges
  ) async throws(FileSystemError) -> [Tag]? {
    guard changes.tags != nil else { return nil }
    guard !changes.replacesAll else {
      let tags = changes.applied(to: [])
      try Self.check(tags: tags)
      return tags
    }
    let present = try await mappingErrors { () async throws(S3Error) in try await store.tags(of: reference) }
    let tags = changes.applied(to: present)
    guard tags != present else { return nil }
    try Self.check(tags: tags)
    return tags
  }

  // S3's limits, checked before anything is written: headers and tags are two requests.

  private static func check(tags: [Tag]) throws(FileSystemError) {
    if let problem = Tag.problem(of: tags) { throw FileSystemError(.invalidArgument, problem) }
  }

  /// Returns a URL with which anyone may read the object for `seconds` (1 ... 604,800) straight from S3. `host` is the
  /// endpoint by another name, such as the one that containers use. Throws invalidArgument. Cost: no request.
  public func presignedURL(
    of path: ObjectPath, version: String? = nil, validFor seconds: Int, host: String?
  ) throws(FileSystemError) -> String {
    try door.check(path, .read)
    try door.requireObject(path)
    do throws(S3Error) {
      return try store.presignedURL(path.reference, versionID: version, expiresIn: seconds, endpoint: host)
    } catch {
      throw FileSystemError(.invalidArgument, error.message, cause: error)
    }
  }
}
