import S3
import Synchronization

/// Deletions of objects, and their effect on files that are open meanwhile or were copied from them.
final class Removals: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  let changes: Changes
  let held: HeldFiles
  let journal: Journal
  var common: Common { knowledge.common }
  /// Whether the server was seen to ignore conditions at DELETE.
  let deletesUnconditionally = Atomic(false)

  init(_ changes: Changes, _ journal: Journal) {
    (self.changes, self.journal) = (changes, journal)
    (knowledge, inodes, held) = (changes.knowledge, changes.inodes, journal.held)
  }
}

extension Removals {
  /// Removes a file's name; its bytes remain until the last handle is released.
  func unlinked(_ reference: ObjectReference, _ content: FileContent) {
    let (location, segment) = reference.parent
    knowledge.directories.withLock { $0.setLocal(nil, segment, of: location) }
    held.unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    inodes.table.withLock { table in
      guard let number = table.unlink(.object(reference)) else { return }
      if content.with({ $0.handles == 0 }) { table.update(number) { $0.content = nil } }
    }
  }

  /// Fetches what readers of an open file may still need, before its object is deleted.
  func keepReadable(_ content: FileContent) async throws(FileSystemError) {
    let (gaps, handles) = content.with { ($0.bytes.local.ranges.gaps(in: 0..<$0.size), $0.handles) }
    if handles > 0 { try await content.fetch(gaps, of: .present) }
  }

  /// Deletes an object that was copied. Returns false if another client has written it since, or deleted and written
  /// it. Cost: one DELETE, and one HEAD where the server checks no condition at it (LocalStack).
  func deleteObject(_ reference: ObjectReference, ifStill etag: ETag) async throws(FileSystemError) -> Bool {
    try await settleCopies { $0 == reference }
    do throws(S3Error) {
      if try await !deleteChecked(reference, ifMatch: etag) {
        let head = try await store.headObject(reference, conditions: .none, versionID: nil)
        guard head.etag == etag else { return false }
        try await store.deleteObject(reference, versionID: nil)
      }
    } catch {
      if error.code == .preconditionFailed { return false }
      // Another client has deleted it: the goal is reached.
      guard error.code == .noSuchKey else { throw FileSystemError(error) }
    }
    changes.apply(.deleted(reference))
    return true
  }

  /// Deletes an object if it is a certain version. Returns false, and deletes nothing, where the server checks no
  /// condition at DELETE, which is probed once. Throws preconditionFailed. Cost: one DELETE at most.
  func deleteChecked(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error) -> Bool {
    guard !deletesUnconditionally.load(ordering: .relaxed) else { return false }
    do throws(S3Error) {
      try await store.deleteObject(reference, ifMatch: etag)
      return true
    } catch {
      // Servers reject what they do not know in different ways.
      guard [.notImplemented, .invalidRequest, .other].contains(error.code) else { throw error }
      deletesUnconditionally.store(true, ordering: .relaxed)
      return false
    }
  }

  func deleteObject(_ reference: ObjectReference) async throws(FileSystemError) {
    try await settleCopies { $0 == reference }
    try await mappingErrors { () async throws(S3Error) in try await store.deleteObject(reference, versionID: nil) }
    changes.apply(.deleted(reference))
  }

  /// Checks in S3 now that a directory is empty: what another client put there is not deleted. Throws notEmpty.
  @discardableResult
  func requireEmpty(_ location: DirectoryLocation) async throws(FileSystemError) -> DirectoryListing {
    let listing = try await knowledge.listing(of: location, freshness: .now)
    let hasNewFiles = knowledge.directories.withLock { !$0.local.newFiles(in: location).isEmpty }
    guard listing.children.isEmpty, !hasNewFiles, (listing.marker?.size ?? 0) == 0 else {
      throw FileSystemError(.notEmpty, "\(location.prefix) is not empty")
    }
    return listing
  }

  /// Deletes keys, 1,000 in a request. Throws the first failure, after trying all.
  func deleteObjects(_ keys: [ObjectKey], in bucket: String) async throws(FileSystemError) {
    if !held.copying.current.isEmpty {
      let keys = Set(keys)
      try await settleCopies { $0.bucket == bucket && keys.contains($0.key) }
    }
    var failure: DeleteFailure?
    for start in stride(from: 0, to: keys.count, by: PendingRemovals.batch) {
      let batch = Array(keys[start..<min(start + PendingRemovals.batch, keys.count)])
      let failures = try await mappingErrors { () async throws(S3Error) in try await deleteBatch(batch, in: bucket) }
      failure = failure ?? failures.first
    }
    if let failure { throw FileSystemError(failure.error) }
  }

  /// Deletes up to 1,000 keys. Returns those that S3 did not delete. Cost: one request.
  func deleteBatch(_ keys: [ObjectKey], in bucket: String) async throws(S3Error) -> [DeleteFailure] {
    let failures = try await store.deleteObjects(bucket: bucket, keys: keys)
    let failed = Set(failures.map(\.key))
    for key in keys where !failed.contains(key) {
      changes.apply(.deleted(ObjectReference(bucket: bucket, key: key)))
    }
    return failures
  }
}

extension Removals {
  /// Settles the copies of an object before it changes or is deleted: files that are copies of it and not saved yet
  /// take its bytes. Cost: none without such files, else the GETs of what they lack.
  func settleCopies(
    except content: FileContent? = nil, of isSource: (ObjectReference) -> Bool
  ) async throws(FileSystemError) {
    for target in held.copying.current where target !== content {
      let pieces = target.with { state in
        state.isUnlinked && state.handles == 0 ? [] : state.copiedPieces.filter { isSource($0.source.reference) }
      }
      for piece in pieces {
        do throws(FileSystemError) { try await take(piece, into: target) } catch {
          // Keeping the name would not preserve a version that is gone already.
          guard error.code == .stale || error.code == .notFound || error.code == .preconditionFailed else {
            throw error
          }
        }
      }
      // Its record in the spool must not need the source either.
      if !pieces.isEmpty { journal.journalAgain(target) }
    }
  }

  func take(_ piece: CopiedRanges.Piece, into target: FileContent) async throws(FileSystemError) {
    var offset = piece.range.lowerBound
    while offset < piece.range.upperBound {
      let part = offset..<min(offset + (1 << 20), piece.range.upperBound)
      let there = piece.inSource(part)
      let ahead = there.upperBound..<min(there.upperBound + (8 << 20), piece.inSource(piece.range).upperBound)
      let bytes = try await piece.source.read(there, advice: ReadAdvice(ahead: [ahead])).bytes
      guard bytes.count == part.count else { throw .incomplete }
      try target.hold(
        bytes, of: .init(range: part, source: piece.source, sourceOffset: there.lowerBound))
      offset = part.upperBound
    }
  }
}
