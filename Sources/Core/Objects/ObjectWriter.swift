import S3
import Synchronization

/// An upload of one object: bytes go in order, in constant memory, as one PUT or a multipart upload whose parts are sent
/// as they come. One task at a time.
public final class ObjectWriter: Sendable {
  private let fileSystem: FileSystem
  private let path: ObjectPath
  private let condition: WriteCondition
  /// What the caller found there before the upload.
  private let isReplacing: Bool?
  private let content: FileContent

  init(
    fileSystem: FileSystem, path: ObjectPath, condition: WriteCondition, isReplacing: Bool?, content: FileContent
  ) {
    self.fileSystem = fileSystem
    self.path = path
    self.condition = condition
    self.isReplacing = isReplacing
    self.content = content
  }

  /// Appends bytes. Returns when there is room for more. Throws tooLarge, noSpace.
  public func append(_ bytes: [UInt8]) async throws(FileSystemError) {
    _ = try await content.write(bytes, at: 0, appending: true, now: fileSystem.time.wall())
  }

  /// Makes the object. After this returns every S3 client sees it. Throws preconditionFailed, and nothing has changed.
  /// Cost: one PUT, or a multipart upload; once more where an object turns up that was not known.
  public func finish() async throws(FileSystemError) -> WrittenObject {
    defer { content.with { $0.discard() } }
    let created = try await upload()
    let (etag, version) = content.with { ($0.base?.reader.etag ?? ETag(""), $0.versionID) }
    fileSystem.announce(path)
    return WrittenObject(etag: etag, versionID: version, created: created)
  }

  /// Gives the upload up: nothing is left of it.
  public func cancel() async {
    content.with { $0.discard() }
    await fileSystem.sending.settled()
  }

  /// Returns whether the object is new.
  private func upload() async throws(FileSystemError) -> Bool {
    switch condition {
    case .ifMatch:
      try await fileSystem.upload(content, condition: condition)
      return false
    case .ifAbsent:
      try await fileSystem.upload(content, condition: condition)
      return true
    case .none:
      // A long upload outlives what is known: then what was found before it is the best guess.
      if fileSystem.knownChild(at: path.reference).map({ $0.object != nil }) ?? isReplacing ?? false {
        try await fileSystem.upload(content)
        return false
      }
      do throws(FileSystemError) {
        try await fileSystem.upload(content, condition: .ifAbsent)
        return true
      } catch {
        guard error.code == .preconditionFailed else { throw error }
        try await fileSystem.upload(content)
        return false
      }
    }
  }
}

extension FileSystem {
  /// Begins an upload. Nothing is seen of it in S3 until `finish`. Without a content type, the name's extension tells it.
  /// Throws invalidName, nameTooLong, readOnly, isDirectory at once.
  /// - Parameter replacing: whether an object stands there, as far as the caller knows, from `standing`.
  public func writer(
    to path: ObjectPath, properties: ObjectProperties, condition: WriteCondition, replacing: Bool? = nil
  ) throws(FileSystemError) -> ObjectWriter {
    try requireWritable()
    try requireShown(path)
    try requireName(path)
    guard !path.isDirectory else {
      throw FileSystemError(.isDirectory, "\(path) names a directory: give the object a name")
    }
    let content = newContent(of: path.reference, kind: .file, permissions: 0, caller: nil)
    content.with { state in
      let guessed = state.properties.contentType
      state.properties = properties
      state.properties.contentType = properties.contentType ?? guessed
      state.posix = PosixMetadata(userMetadata: properties.userMetadata)
      state.keepsTimes = true
    }
    return ObjectWriter(
      fileSystem: self, path: path, condition: condition, isReplacing: replacing, content: content)
  }

  func requireName(_ path: ObjectPath) throws(FileSystemError) {
    guard path.key.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key has \(path.key.length) bytes, S3 allows 1,024")
    }
    do throws(BucketNameError) { try BucketName.validate(path.bucket) } catch {
      throw FileSystemError(.invalidName, error.description)
    }
  }

  func knownChild(at reference: ObjectReference) -> Child? {
    let (location, segment) = reference.parent
    return directories.withLock { $0.child(segment, of: location, now: time.now())?.child }
  }

  /// The kernel is told of an object that the gateway wrote or deleted.
  func announce(_ path: ObjectPath) {
    guard let observer = changeObserver else { return }
    let (location, segment) = path.reference.parent
    let (parent, inode) = inodes.withLock { table in
      (table[.directory(location)]?.number, table[.object(path.reference)]?.number)
    }
    if let inode { observer.inodeChanged(inode, contents: true) }
    guard let parent else { return announce(directory: location) }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) { observer.entryChanged(name, in: parent) }
  }

  /// The nearest directory that the kernel knows has a new name in it.
  func announce(directory location: DirectoryLocation) {
    guard let (above, segment) = location.parent else { return }
    guard let parent = inodes.withLock({ $0[.directory(above)]?.number }) else { return announce(directory: above) }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) {
      changeObserver?.entryChanged(name, in: parent)
    }
  }
}
