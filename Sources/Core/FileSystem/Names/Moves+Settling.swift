import Keys
import Logging
import S3
import Synchronization

extension Moves {
  // MARK: Renames that are open

  /// Undoes or completes a rename in the background, as soon as S3 answers.
  func settleLater(_ intent: RenameIntent) {
    intent.failed(at: time.wall())
    let settling = Task { [weak self] in
      var pauses = RetryPauses()
      while !Task.isCancelled {
        try? await Task.sleep(for: pauses.next())
        guard let self else { return }
        if await self.settleNow(intent) { return }
      }
    }
    journal.renames.add(intent, settling)
  }

  /// Undoes or completes a rename. Returns whether nothing is left to do.
  private func settleNow(_ intent: RenameIntent) async -> Bool {
    guard let written = try? RenameIntent(path: intent.path) else {
      journal.renames.remove(intent)
      return true
    }
    do throws(FileSystemError) {
      let settled = try await settle(written)
      log.notice("\(written.what): \(settled.end), \(settled.deleted) objects deleted")
    } catch {
      guard error.code == .notFound else { return false }
    }
    intent.end()
    journal.renames.remove(intent)
    for place in [intent.source, intent.destination] { changes.apply(.changedTree(place)) }
    return true
  }

  /// Completes or undoes a rename. Deletes only what is available under the other name, unchanged since the rename.
  /// Cost: of a directory a LIST of both per 1,000, a DeleteObjects per 1,000; of an object a HEAD of both; and a HEAD
  /// of both for each that was new when the rename began.
  func settle(_ intent: RenameIntent) async throws(FileSystemError) -> SettledRename {
    let before = try await summaries(of: intent, below: intent.source)
    let after = try await summaries(of: intent, below: intent.destination)
    // What an object replaced is gone with the copy: once that was made, the rename can only be completed.
    let completes = intent.isDeleting || intent.header.isObject == true && intent.items.first?.replaces == true
    var doomed: [ObjectKey] = []
    var doubtful: [RenamedObject] = []
    for item in intent.items {
      let name = ByteName(item.name)
      guard let original = before[name], RenameIntent.isOriginal(original, of: item), let copy = after[name],
        copy.size == item.size,
        copy.etag == original.etag || item.etag.contains("-") && (intent.isDeleting || !completes)
      else { continue }
      let isOurs = intent.failed.map { copy.lastModified.seconds <= $0 + 1 } ?? true
      guard completes || item.replaces != true && isOurs else { continue }
      let key = completes ? original.key : copy.key
      if intent.mayHideRewrite(of: item) {
        doubtful.append(RenamedObject(original: original.key, copy: copy.key))
      } else {
        doomed.append(key)
      }
    }
    doomed += try await concurrently(doubtful, limit: Self.parallelism) { (object) async throws(FileSystemError) in
      try await self.isUntouched(object, intent) ? (completes ? object.original : object.copy) : nil
    }.compactMap { $0 }
    try await removals.deleteObjects(doomed, in: completes ? intent.header.bucket : intent.header.newBucket)
    return SettledRename(deleted: doomed.count, isCompleted: intent.isDeleting || completes && !doomed.isEmpty)
  }

  struct SettledRename {
    /// How many objects were deleted.
    let deleted: Int
    /// False: the copies were removed, or there were none.
    let isCompleted: Bool
    /// The outcome as it appears in the log.
    var end: String { isCompleted ? "completed" : "undone" }
  }

  private struct RenamedObject: Sendable {
    let original: ObjectKey
    let copy: ObjectKey
  }

  /// Returns whether an object and its copy still have the same headers. The same bytes written again within the second
  /// have neither another ETag nor another time, but they may have other headers.
  private func isUntouched(
    _ object: RenamedObject, _ intent: RenameIntent
  ) async throws(FileSystemError) -> Bool {
    let source = ObjectReference(bucket: intent.header.bucket, key: object.original)
    let destination = ObjectReference(bucket: intent.header.newBucket, key: object.copy)
    guard let original = try await knowledge.currentHead(of: source),
      let copy = try await knowledge.currentHead(of: destination)
    else { return false }
    guard intent.header.isObject == true else {
      return original.tagCount == copy.tagCount && original.properties.isContained(in: copy.properties)
    }
    // The copy has the content type of its name, and what it has from the object that it replaced (`InheritedHeaders`).
    var properties = original.properties
    if copy.properties.contentType == MediaType.ofFile(named: destination.parent.segment.string) {
      properties.contentType = copy.properties.contentType
    }
    guard original.tagCount ?? 0 <= copy.tagCount ?? .max,
      properties.userMetadata.allSatisfy({ copy.properties.userMetadata[$0.key] == $0.value })
    else { return false }
    properties.userMetadata = copy.properties.userMetadata
    return properties.isContained(in: copy.properties)
  }

  private func summaries(
    of intent: RenameIntent, below location: DirectoryLocation
  ) async throws(FileSystemError) -> [ByteName: ObjectSummary] {
    var found: [ByteName: ObjectSummary] = [:]
    guard intent.header.isObject != true else {
      let head = try await knowledge.currentHead(of: ObjectReference(bucket: location.bucket, key: location.prefix))
      return head.map {
        [
          "": ObjectSummary(key: location.prefix, size: $0.size, etag: $0.etag, lastModified: $0.lastModified)
        ]
      } ?? [:]
    }
    for object in try await knowledge.objects(below: location) {
      found[ByteName(object.key.dropping(prefix: location.prefix))] = object
    }
    return found
  }
}
