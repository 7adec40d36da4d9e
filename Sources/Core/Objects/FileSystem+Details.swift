import S3
import Synchronization

// What S3 keeps beside an object's bytes: headers, metadata, tags.

extension FileSystem {
  /// Headers, metadata and tags of an object. Throws notFound. Cost: one HEAD and one GetObjectTagging, in parallel.
  public func details(of path: ObjectPath) async throws(FileSystemError) -> ObjectDetails {
    try requireShown(path)
    let reference = path.reference
    async let tags = try? store.tags(of: reference)
    let head = try await head(of: reference, freshness: .now)
    return ObjectDetails(info: ObjectInfo(path: path, head: head), tags: await tags)
  }

  /// Gives an object other headers, metadata or tags; its bytes stay. The write is conditional on the version that was
  /// read, so that nobody's change in between is undone. Throws preconditionFailed where `ifMatch` names another
  /// version; attributeTooLarge (S3 keeps 2 KB of metadata); invalidArgument for tags that S3 would not take.
  /// Cost: one HEAD, one COPY onto itself where headers or metadata change, one PutObjectTagging where tags do.
  public func change(
    _ path: ObjectPath, to changes: DetailChanges, ifMatch etag: ETag?
  ) async throws(FileSystemError) -> WrittenObject {
    try requireWritable()
    try requireShown(path)
    try Self.check(changes)
    let reference = path.reference
    var head = try await head(of: reference, freshness: .now)
    guard etag == nil || head.etag == etag else { throw .replaced(path, by: head.etag) }
    let properties = changes.applied(to: head.properties)
    if properties != head.properties { head = try await rewrite(reference, head, properties) }
    if let tags = changes.tags {
      try await mappingErrors { () async throws(S3Error) in try await store.setTags(tags, of: reference) }
    }
    announce(path)
    return WrittenObject(etag: head.etag, versionID: head.versionID, created: false)
  }

  private func rewrite(
    _ reference: ObjectReference, _ head: ObjectHead, _ properties: ObjectProperties
  ) async throws(FileSystemError) -> ObjectHead {
    let copy = ObjectCopy(
      store: store, journal: uploadJournal, source: reference, destination: reference, headers: properties,
      ifSourceMatch: head.etag)
    let result = try await mappingErrors { () async throws(S3Error) in try await copy.copyAsItIs(size: head.size) }
    contents.alias(.init(reference: reference, etag: head.etag), as: .init(reference: reference, etag: result.etag))
    let written = ObjectHead(
      size: head.size, etag: result.etag, lastModified: result.lastModified ?? time.wall(), properties: properties,
      versionID: result.versionID, tagCount: head.tagCount)
    wrote(written, at: reference, isListed: result.lastModified != nil)
    return written
  }

  /// S3's limits, checked before anything is written: headers and tags are two requests.
  private static func check(_ changes: DetailChanges) throws(FileSystemError) {
    let size = (changes.metadata ?? [:]).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard size <= PosixMetadata.maximumUserMetadataSize else {
      throw FileSystemError(
        .attributeTooLarge, "S3 keeps at most 2 KB of metadata with an object, this would be \(size) bytes")
    }
    let tags = changes.tags ?? []
    guard tags.count <= 10, Set(tags.map(\.key)).count == tags.count else {
      throw FileSystemError(.invalidArgument, "S3 keeps at most 10 tags with an object, each name once")
    }
    guard tags.allSatisfy({ (1...128).contains($0.key.count) && $0.value.count <= 256 }) else {
      throw FileSystemError(.invalidArgument, "a tag has a name of 1 to 128 characters and a value of at most 256")
    }
  }

  /// A URL with which anyone may read the object for `seconds` (1 ... 604,800) straight from S3. `host` is the endpoint
  /// by another name, such as the one that containers use. Throws invalidArgument. Cost: no request.
  public func presignedURL(
    of path: ObjectPath, version: String? = nil, validFor seconds: Int, host: String?
  ) throws(FileSystemError) -> String {
    try requireShown(path)
    do throws(S3Error) {
      return try store.presignedURL(path.reference, versionID: version, expiresIn: seconds, endpoint: host)
    } catch {
      throw FileSystemError(.invalidArgument, error.message, cause: error)
    }
  }
}

extension FileSystemError {
  static func replaced(_ path: ObjectPath, by etag: ETag) -> Self {
    Self(.preconditionFailed, "the ETag of \(path) is now \(etag.quoted), not the one that was named")
  }
}
