import Glibc
import S3

/// Performs a plan. After an interruption, the next run of the same command does the rest.
package struct Executor: Sendable {
  private let session: Session
  private let source: any StateSource

  /// Objects of at least this size are uploaded in parts.
  private static let multipartSize: Int64 = 64 << 20
  /// One of the sizes that `ETagForm.partSizes` tries.
  private static let partSize: Int64 = 16 << 20
  private static let maximumParts: Int64 = 10_000
  /// The limit of parts in flight for one object.
  private static let partWidth = 4
  /// Smaller files are read into memory, others are sent from the file.
  private static let inMemorySize: Int64 = 256 << 10

  package init(_ session: Session, source: any StateSource) {
    self.session = session
    self.source = source
  }

  package func perform(_ plan: Plan) async throws(StateFailure) {
    for bucket in plan.newBuckets { try await make(bucket) }
    session.progress.begin("putting", total: plan.puts.count)
    let puts = try await concurrently(plan.puts, width: Session.width) { put throws(StateFailure) in
      try await self.put(put)
      session.progress.step()
      return (put.bucket, put.item.key)
    }
    let fixes = try await concurrently(plan.fixes, width: Session.width) { fix throws(StateFailure) in
      try await restore(fix)
      return (fix.bucket, fix.item.key)
    }
    for (bucket, keys) in plan.deletes { try await delete(keys, in: bucket) }
    try await settle(puts + fixes)
  }

  private func make(_ bucket: String) async throws(StateFailure) {
    do throws(S3Error) { try await session.store.createBucket(bucket) } catch {
      // Another client was faster.
      guard error.code == .bucketAlreadyOwnedByYou else { throw StateFailure(error) }
    }
    session.changes.add(.madeBucket(bucket))
  }

  // MARK: Observed

  /// The number of objects from which on a run waits for the end of the second, if it has also taken this long.
  private static let manyRacy = 100
  private static let longRun = Duration.seconds(2)

  /// Marks the written objects as known. Until now only this run wrote these objects: so what was written before the
  /// server's current second is known for certain. What was written within it could still be changed without a trace,
  /// and costs a HEAD next time; a long run rather waits for the second's end.
  private func settle(_ written: [(bucket: String, key: ObjectKey)]) async throws(StateFailure) {
    guard !written.isEmpty else { return }
    var end = session.lastServed
    let byBucket = Dictionary(grouping: written, by: \.bucket).mapValues { $0.map(\.key) }
    let racy = byBucket.reduce(0) { $0 + session.known($1.key).count(of: $1.value, observedAt: end) }
    if racy >= Self.manyRacy, session.progress.elapsed > Self.longRun {
      // The server's second ends within one second, whatever its clock shows.
      try? await Task.sleep(for: .seconds(1))
      end.seconds += 1
    }
    for (bucket, keys) in byBucket { session.known(bucket).observed(keys, at: end) }
  }

  // MARK: One object

  private func put(_ put: Plan.Put) async throws(StateFailure) {
    let file = try await source.file(of: put.item, in: put.bucket)
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .disk("read", file.path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .disk("read", file.path) }
    let size = Int64(status.st_size)
    let reference = ObjectReference(bucket: put.bucket, key: put.item.key)
    let properties = put.item.stated?.properties ?? Properties()
    let md5: MD5Digest
    let result: WriteResult
    if size <= Self.inMemorySize {
      guard let bytes = FileAccess.read(file.path), let digest = Digest.md5(bytes) else {
        throw .disk("read", file.path)
      }
      md5 = MD5Digest(digest)
      result = try await s3 { () async throws(S3Error) in
        try await session.store.putObject(
          reference, body: .bytes(bytes), properties: properties.forWriting, condition: .none)
      }
    } else {
      md5 = try await source.md5(of: put.item, in: put.bucket)
      result = try await send(descriptor, size, to: reference, properties)
    }
    remember(reference, size: size, properties, md5, result)
  }

  private func send(
    _ descriptor: Int32, _ size: Int64, to reference: ObjectReference, _ properties: Properties
  ) async throws(StateFailure) -> WriteResult {
    if size < Self.multipartSize {
      return try await s3 { () async throws(S3Error) in
        try await session.store.putObject(
          reference, body: .file(descriptor: descriptor, offset: 0, length: size), properties: properties.forWriting,
          condition: .none)
      }
    }
    var partSize = Self.partSize
    while (size + partSize - 1) / partSize > Self.maximumParts { partSize *= 2 }
    let upload = try await s3 { () async throws(S3Error) in
      try await session.store.createMultipartUpload(reference, properties: properties.forWriting)
    }
    do throws(StateFailure) {
      let offsets = Array(stride(from: 0, to: size, by: Int64.Stride(partSize)))
      let parts = try await concurrently(offsets, width: Self.partWidth) { [partSize] offset throws(StateFailure) in
        try await s3 { () async throws(S3Error) in
          try await session.store.uploadPart(
            upload, number: Int(offset / partSize) + 1,
            body: .file(descriptor: descriptor, offset: offset, length: min(partSize, size - offset)))
        }
      }
      return try await s3 { () async throws(S3Error) in
        try await session.store.completeMultipartUpload(upload, parts: parts, condition: .none)
      }
    } catch {
      // Even when interrupted: no partial upload is left.
      let store = session.store
      await Task { try? await store.abortMultipartUpload(upload) }.value
      throw error
    }
  }

  private func restore(_ fix: Plan.Fix) async throws(StateFailure) {
    let reference = ObjectReference(bucket: fix.bucket, key: fix.item.key)
    let known = session.known(fix.bucket)
    if fix.isOnlyTags {
      try await s3 { () async throws(S3Error) in
        try await session.store.setTags(fix.properties.sortedTags, of: reference)
      }
      known.setTags(fix.properties.tags, of: fix.item.key, etag: fix.etag)
      session.changes.add(.changedTags(reference))
      return
    }
    let md5 = try await source.md5(of: fix.item, in: fix.bucket)
    let result = try await s3 { () async throws(S3Error) in
      try await session.store.copyObject(
        from: reference, to: reference, metadata: .replaceWithTags(fix.properties.forWriting), ifSourceMatch: fix.etag)
    }
    remember(reference, size: fix.item.size, fix.properties, md5, result)
  }

  private func remember(
    _ reference: ObjectReference, size: Int64, _ properties: Properties, _ md5: MD5Digest, _ result: WriteResult
  ) {
    let served = session.note(served: result.served)
    session.changes.add(.wrote(reference, size: size, etag: result.etag, modified: result.lastModified ?? served))
    let form = ETagForm(result.etag)
    if size > 0, case .md5(let claimed) = form, claimed != md5 { session.trust.note(isRight: false) }
    session.known(reference.bucket).remember(
      reference.key,
      KnownObjects.Entry(
        etag: result.etag, size: size, modified: result.lastModified.map { .at($0) } ?? .notAfter(served),
        observed: served, properties: properties, md5: form == .md5(md5) ? nil : md5))
  }

  // MARK: Deleting

  /// Deletes keys. Cost: one request for 1,000 keys.
  private func delete(_ keys: [ObjectKey], in bucket: String) async throws(StateFailure) {
    session.progress.begin("deleting", total: keys.count)
    let batches = stride(from: 0, to: keys.count, by: S3Client.maximumDeleteBatch).map {
      Array(keys[$0..<min($0 + S3Client.maximumDeleteBatch, keys.count)])
    }
    _ = try await concurrently(batches, width: 4) { batch throws(StateFailure) in
      let failures = try await s3 { () async throws(S3Error) in
        try await session.store.deleteObjects(bucket: bucket, keys: batch)
      }
      let failed = Set(failures.map(\.key))
      for key in batch where !failed.contains(key) {
        session.known(bucket).forget(key)
        session.changes.add(.deleted(ObjectReference(bucket: bucket, key: key)))
      }
      if let first = failures.first {
        throw StateFailure(
          .trouble,
          "\(failures.count) objects could not be deleted, such as s3://\(bucket)/\(first.key): \(first.error)")
      }
      session.progress.step(batch.count)
    }
  }
}
