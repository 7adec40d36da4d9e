import Glibc
package import S3

/// Removes the event notifications of buckets while a state is written, so that no lambda runs on fixtures.
///
/// The configuration is saved on disk before it is removed from S3, so that the next run can restore what a killed one
/// left.
package struct EventsOff: Sendable {
  private let store: any ObjectStore
  private let endpoint: String
  private let cache: StateCache

  package init(_ store: any ObjectStore, endpoint: String, in cache: StateCache) {
    self.store = store
    self.endpoint = endpoint
    self.cache = cache
  }

  private func file(_ bucket: String) -> ReplacedFile { cache.events(endpoint, bucket) }

  /// Removes the notifications. Cost: 1 request per bucket, 2 where there are any.
  package func putAside(_ buckets: [String]) async throws(StateFailure) {
    try FileAccess.makeDirectories(cache.events(endpoint), for: .owner)
    for bucket in buckets where FileAccess.status(file(bucket).path) == nil {
      let document: [UInt8]?
      do throws(S3Error) { document = try await store.notifications(of: bucket) } catch {
        if error.code == .noSuchBucket { continue }
        throw StateFailure(error)
      }
      guard let document else { continue }
      try file(bucket).replace(with: document, isDurable: true)
      try await s3 { () async throws(S3Error) in try await store.setNotifications(nil, of: bucket) }
    }
  }

  /// Restores the buckets' saved notifications, unless a bucket has others by now. An interrupt does not stop it.
  /// Cost: 2 requests per bucket that has any.
  package func putBack(_ buckets: [String]) async throws(StateFailure) {
    let work = Task { () -> StateFailure? in
      do throws(StateFailure) {
        for bucket in buckets { try await putBack(bucket) }
        return nil
      } catch { return error }
    }
    if let failure = await work.value { throw failure }
  }

  /// Restores what killed runs left, for buckets that no other run has locked.
  package func recover() async throws(StateFailure) {
    for bucket in FileAccess.names(in: cache.events(endpoint)) ?? [] {
      guard let lock = BucketLocks.acquireNow(bucket, of: endpoint, in: cache) else { continue }
      try await putBack([bucket])
      withExtendedLifetime(lock) {}
    }
  }

  private func putBack(_ bucket: String) async throws(StateFailure) {
    let path = file(bucket).path
    guard let document = FileAccess.read(path) else { return }
    do throws(S3Error) {
      // Another client has configured others meanwhile: these are newer.
      if try await store.notifications(of: bucket) == nil { try await store.setNotifications(document, of: bucket) }
    } catch {
      guard error.code == .noSuchBucket else {
        throw StateFailure(
          .trouble,
          "the event notifications of \(bucket) could not be put back: \(error). They are kept in \(path); the "
            + "next run tries again")
      }
    }
    FileAccess.remove(path)
  }
}
