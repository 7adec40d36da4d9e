// By true key: what the gateway calls.

extension FileSystem {
  /// What stands at a path. A directory path (ending in "/") is only ever answered as root, bucket or directory; for
  /// any other path the object wins, and `.directory` tells that only the directory of that name exists.
  /// Throws notFound. Cost: 0 within the ttl when listed, else one HEAD and one LIST in parallel at most.
  public func locate(_ path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> Located { fatalError() }
  /// Everything in a directory, ordered by name. Throws notFound where nothing stands there.
  /// Cost: one LIST per 1,000 children, 0 within the ttl.
  public func list(_ directory: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> [ListedEntry] {
    fatalError()
  }
  /// Every object below a directory, in key order, page by page. Cost: one LIST per 1,000 objects.
  public func walk(
    _ directory: ObjectPath, _ visit: @Sendable (ListedEntry) async throws(FileSystemError) -> Void
  ) async throws(FileSystemError) { fatalError() }

  /// Opens one version of an object for reading. With `.now` S3 is asked (one request, which brings the first bytes
  /// of an object not cached).
  public func reader(of path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> ObjectReader {
    fatalError()
  }
  /// Begins an upload. Nothing is seen of it in S3 until `finish`.
  /// Throws invalidName, nameTooLong, readOnly, isDirectory at once.
  public func writer(
    to path: ObjectPath, properties: ObjectProperties, condition: WriteCondition
  ) throws(FileSystemError) -> ObjectWriter { fatalError() }

  /// Creates a bucket; alreadyExists, invalidName (with S3's rule).
  public func createBucket(_ name: String) async throws(FileSystemError) { fatalError() }
  /// Makes a directory by writing its marker. Returns whether it is new.
  public func createDirectory(_ path: ObjectPath) async throws(FileSystemError) -> Bool { fatalError() }
  /// Deletes an object, an empty directory or an empty bucket; with `recursive` all that is below. Returns the number
  /// of objects deleted. Throws notFound, notEmpty.
  public func delete(_ path: ObjectPath, recursive: Bool) async throws(FileSystemError) -> Int { fatalError() }
  /// Moves an object or a directory, server-side. Throws alreadyExists where `replace` is false.
  public func move(_ path: ObjectPath, to destination: ObjectPath, replace: Bool) async throws(FileSystemError) {
    fatalError()
  }
  /// Copies an object or a directory, server-side.
  public func copy(_ path: ObjectPath, to destination: ObjectPath, replace: Bool) async throws(FileSystemError) {
    fatalError()
  }
}

/// Reads one version of an object: every byte is of the version that `info` tells. Safe to use from several tasks.
public final class ObjectReader: Sendable {
  public let info: ObjectInfo
  init(info: ObjectInfo) { self.info = info }

  /// At most `count` bytes; fewer only at the end. Reads ahead while calls are sequential. Throws stale when the
  /// object has been replaced and the bytes are not in memory.
  public func read(at offset: Int64, count: Int) async throws(FileSystemError) -> ReadData { fatalError() }
  /// The same if memory has it all; never blocks.
  public func cachedRead(at offset: Int64, count: Int) -> ReadData? { fatalError() }
}

/// An upload of one object: bytes go in order, in constant memory, as one PUT or a multipart upload. One task at a time.
public final class ObjectWriter: Sendable {
  init() {}
  /// Appends bytes. Returns when there is room for more.
  public func append(_ bytes: [UInt8]) async throws(FileSystemError) { fatalError() }
  /// Makes the object. After this returns every S3 client sees it. Throws preconditionFailed, and nothing has changed.
  public func finish() async throws(FileSystemError) -> WrittenObject { fatalError() }
  /// Gives the upload up: nothing is left of it.
  public func cancel() async { fatalError() }
}
