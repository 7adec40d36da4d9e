import Keys
import S3
import Synchronization

/// An upload of one object: bytes are appended in order, in constant memory, and sent as one PUT or as a multipart
/// upload whose parts are sent as they fill. For one task at a time.
public final class ObjectWriter: Sendable {
  /// The details of a replaced object besides its bytes, which the new version keeps.
  struct Kept: Sendable {
    /// Applied to the kept details.
    let changes: DetailChanges
    /// The kept details and the version that they are of; nil if there is no object.
    var head: ObjectHead?

    var version: ETag? { head?.etag }
  }

  private let edits: KeyEdits
  private let path: ObjectPath
  private let condition: WriteCondition
  /// Whether the caller found an object there before the upload.
  private let isReplacing: Bool?
  private let kept: Kept?
  private let content: FileContent

  /// Limit of retries when other clients write versions while an upload keeps the details of its object.
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

  /// Completes the upload. After this returns every S3 client sees the object. Throws preconditionFailed, in which case
  /// nothing has changed. Cost: one PUT, or a multipart upload; once more where an object turns up that was not known.
  public func finish() async throws(FileSystemError) -> WrittenObject {
    defer { content.discard() }
    // Files that the mount closed before must not be uploaded after it.
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

  /// Uploads the bytes. Returns whether the object is new.
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
      // A long upload outlives the cached knowledge: then what the caller found before it is the best guess.
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

  /// Uploads on the condition that the version whose details are kept is still current; where another client wrote a
  /// version in between, retries with the details of that one. Returns whether the object is new.
  private func upload(keeping kept: Kept) async throws(FileSystemError) -> Bool {
    var kept = kept
    // A change of details leaves the version as it is: changes made here since the upload began are applied now.
    if edits.knowledge.knownHead(of: path.reference) != kept.head {
      kept.head = try await edits.keepDetails(of: path, changed: kept.changes, in: content)
    }
    for _ in 0..<Self.mostRepetitions {
      do throws(FileSystemError) {
        try await edits.saving.save(content, condition: kept.version.map { .ifMatch($0) } ?? .ifAbsent)
        return kept.version == nil
      } catch {
        // If the object is gone, some servers report "not found" rather than "precondition failed".
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
  /// Begins an upload. S3 shows nothing of it until `finish`. Without a content type, it is derived from the name's
  /// extension.
  /// Throws invalidName, nameTooLong, readOnly, isDirectory, attributeTooLarge (S3 stores 2 KB of metadata),
  /// invalidArgument (a header that S3 rejects) at once.
  /// - Parameters:
  ///   - replacing: whether the object exists, as far as the caller knows, from `standing`.
  ///   - ofMarker: whether the bytes of a directory's marker are meant, which the mount shows as `‛object` in it.
  public func writer(
    to path: ObjectPath, properties: ObjectProperties, condition: WriteCondition, replacing: Bool? = nil,
    ofMarker: Bool = false
  ) throws(FileSystemError) -> ObjectWriter {
    let content = try newContent(for: path, properties: properties, ofMarker: ofMarker)
    return ObjectWriter(
      edits: self, path: path, condition: condition, isReplacing: replacing, content: content)
  }

  /// Begins an upload of new bytes for an object that keeps everything else: headers, metadata, tags, storage class,
  /// redirect. `changes` are applied to that; where the object has a modification time of its own and they name none,
  /// the time is now. Without an object it is as `writer(to:)` with `properties`. Throws as that, and
  /// preconditionFailed. Cost: one HEAD and one GetObjectTagging besides; again where another client replaces the
  /// object meanwhile.
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

  /// Copies the object's details besides its bytes to the new content. Returns them with their version; nil if there is
  /// no object, and then nothing is changed.
  fileprivate func keepDetails(
    of path: ObjectPath, changed changes: DetailChanges, in content: FileContent
  ) async throws(FileSystemError) -> ObjectHead? {
    let head: ObjectHead
    do throws(FileSystemError) { head = try await self.knowledge.head(of: path.reference, freshness: .now) } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
    var properties = changes.applied(to: head.properties)
    try properties.requireStorable(replacing: head.properties)
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
    try properties.requireStorable()
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
