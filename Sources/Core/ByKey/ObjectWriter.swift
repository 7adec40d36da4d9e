import Keys
import S3
import Synchronization

/// An upload of one object: bytes go in order, in constant memory, as one PUT or a multipart upload whose parts are sent
/// as they come. One task at a time.
public final class ObjectWriter: Sendable {
  /// What a replaced object had besides its bytes, which the new version keeps.
  struct Kept: Sendable {
    /// Made on top of what is kept.
    let changes: DetailChanges
    /// The version that the kept details are of, and they; nil where there is no object.
    var head: ObjectHead?

    var version: ETag? { head?.etag }
  }

  private let edits: KeyEdits
  private let path: ObjectPath
  private let condition: WriteCondition
  /// What the caller found there before the upload.
  private let isReplacing: Bool?
  private let kept: Kept?
  private let content: FileContent

  /// Versions of others that may come between while an upload keeps what its object has.
  private static let mostRepetitions = 8

  init(
    edits: KeyEdits, path: ObjectPath, condition: WriteCondition, isReplacing: Bool?, kept: Kept? = nil,
    content: FileContent
  ) {
    self.edits = edits
    self.path = path
    self.condition = condition
    self.isReplacing = isReplacing
    self.kept = kept
    self.content = content
  }

  /// Appends bytes. Returns when there is room for more. Throws tooLarge, noSpace.
  public func append(_ bytes: [UInt8]) async throws(FileSystemError) {
    _ = try await content.write(bytes, at: 0, appending: true, now: edits.time.wall())
  }

  /// Makes the object. After this returns every S3 client sees it. Throws preconditionFailed, and nothing has changed.
  /// Cost: one PUT, or a multipart upload; once more where an object turns up that was not known.
  public func finish() async throws(FileSystemError) -> WrittenObject {
    defer { content.discard() }
    // What the mount closed before must not come after it.
    try await edits.door.enter(path, .make)
    let (path, edits) = (path, edits)
    let created = try await edits.held.alone(with: [path]) { () async throws(FileSystemError) in
      try await edits.saving.replacing(edits.held.heldFiles(at: path.reference)) { () async throws(FileSystemError) in
        try await upload()
      }
    }
    let (etag, version) = content.with { ($0.etag ?? ETag(""), $0.versionID) }
    edits.changes.announce(path)
    return WrittenObject(etag: etag, versionID: version, created: created)
  }

  /// Cancels the upload and discards its data.
  public func cancel() async {
    content.discard()
    await edits.sending.settled()
  }

  /// Returns whether the object is new.
  private func upload() async throws(FileSystemError) -> Bool {
    content.commit()
    switch condition {
    case .ifMatch:
      try await edits.saving.upload(content, condition: condition)
      return false
    case .ifAbsent:
      if edits.held.hasUnsaved(path.reference) { throw .notSavedYet(path, .preconditionFailed) }
      try await edits.saving.upload(content, condition: condition)
      return true
    case .none:
      if let kept { return try await upload(keeping: kept) }
      // A long upload outlives what is known: then what was found before it is the best guess.
      if edits.knowledge.isKnown(objectAt: path.reference) ?? isReplacing ?? false {
        try await edits.saving.upload(content)
        return false
      }
      do throws(FileSystemError) {
        try await edits.saving.upload(content, condition: .ifAbsent)
        return true
      } catch {
        guard error.code == .preconditionFailed else { throw error }
        try await edits.saving.upload(content)
        return false
      }
    }
  }

  /// Uploads on the condition that the version whose details are kept is still there; where another came in between,
  /// once more with that one's.
  private func upload(keeping kept: Kept) async throws(FileSystemError) -> Bool {
    var kept = kept
    // Other details leave the version as it is: what was changed here since the upload began is taken now.
    if edits.knowledge.knownHead(of: path.reference) != kept.head {
      kept.head = try await edits.keepDetails(of: path, changed: kept.changes, in: content)
    }
    for _ in 0..<Self.mostRepetitions {
      do throws(FileSystemError) {
        try await edits.saving.save(content, condition: kept.version.map { .ifMatch($0) } ?? .ifAbsent)
        return kept.version == nil
      } catch {
        // Without the object, some servers find nothing rather than another version.
        guard error.code == .preconditionFailed || error.code == .notFound else { throw error }
        let head = try await edits.keepDetails(of: path, changed: kept.changes, in: content)
        guard head != nil || kept.head != nil else { throw error }
        kept.head = head
      }
    }
    throw FileSystemError(.preconditionFailed, "\(path) is replaced all the time; nothing was stored")
  }
}

extension KeyEdits {
  /// Begins an upload. Nothing is seen of it in S3 until `finish`. Without a content type, the name's extension tells it.
  /// Throws invalidName, nameTooLong, readOnly, isDirectory, attributeTooLarge (S3 keeps 2 KB of metadata) at once.
  /// - Parameters:
  ///   - replacing: whether an object stands there, as far as the caller knows, from `standing`.
  ///   - ofMarker: whether the bytes of a directory's marker are meant, which the mount shows as `‛object` in it.
  public func writer(
    to path: ObjectPath, properties: ObjectProperties, condition: WriteCondition, replacing: Bool? = nil,
    ofMarker: Bool = false
  ) throws(FileSystemError) -> ObjectWriter {
    let content = try newContent(for: path, properties: properties, ofMarker: ofMarker)
    return ObjectWriter(
      edits: self, path: path, condition: condition, isReplacing: replacing, content: content)
  }

  /// Begins an upload of other bytes for an object that keeps all else: headers, metadata, tags, storage class,
  /// redirect. `changes` are made to that; where it has a time of its own and they name none, the time is now. Without
  /// an object it is as `writer(to:)` with `properties`. Throws as that, and preconditionFailed.
  /// Cost: one HEAD and one GetObjectTagging besides; again where somebody replaces the object meanwhile.
  public func writer(
    keepingDetailsOf path: ObjectPath, setting changes: DetailChanges, orElse properties: ObjectProperties,
    condition: WriteCondition
  ) async throws(FileSystemError) -> ObjectWriter {
    let content = try newContent(for: path, properties: properties)
    try await door.enter(path, .make)
    let head = try await keepDetails(of: path, changed: changes, in: content)
    if case .ifMatch(let etag) = condition, let head, head.etag != etag { throw .replaced(path, by: head.etag) }
    return ObjectWriter(
      edits: self, path: path, condition: condition, isReplacing: head != nil,
      kept: ObjectWriter.Kept(changes: changes, head: head), content: content)
  }

  /// Gives new bytes what the object has besides its own. Returns that with its version; nil where there is no object, and
  /// then nothing is changed.
  fileprivate func keepDetails(
    of path: ObjectPath, changed changes: DetailChanges, in content: FileContent
  ) async throws(FileSystemError) -> ObjectHead? {
    let head: ObjectHead
    do throws(FileSystemError) { head = try await self.knowledge.head(of: path.reference, freshness: .now) } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
    var properties = changes.applied(to: head.properties)
    try PosixMetadata.checkSize(
      ofUserMetadata: properties.userMetadata, replacing: head.properties.userMetadata)
    properties.userMetadata = PosixMetadata.touched(
      properties.userMetadata, now: time.wall(), given: (changes.metadata ?? [:]).keys)
    content.with { $0.setDetails(properties, tagCount: head.tagCount) }
    return head
  }

  private func newContent(
    for path: ObjectPath, properties: ObjectProperties, ofMarker: Bool = false
  ) throws(FileSystemError) -> FileContent {
    try door.check(path, .make)
    guard !path.isDirectory || ofMarker && !path.key.isEmpty else {
      throw FileSystemError(.isDirectory, "\(path) names a directory: give the object a name")
    }
    try PosixMetadata.checkSize(ofUserMetadata: properties.userMetadata)
    let content = contents.newContent(of: path.reference, kind: .file, permissions: 0, caller: nil)
    content.with { state in
      let guessed = ofMarker ? MediaType.directory : state.properties.contentType
      state.properties = properties
      state.properties.contentType = properties.contentType ?? guessed
      state.posix = PosixMetadata(userMetadata: properties.userMetadata)
      state.keepsTimes = true
    }
    return content
  }
}
