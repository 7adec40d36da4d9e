import Glibc

/// Holds the locks of some buckets of an endpoint against other runs of the commands on this machine, until it is
/// released. The kernel releases them when the process ends, in any way.
package final class BucketLocks: Sendable {
  private static let interval = Duration.milliseconds(20)

  private let descriptors: [Int32]

  private init(_ descriptors: [Int32]) { self.descriptors = descriptors }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Acquires a bucket's lock; returns `nil` if another run holds it.
  package static func acquireNow(_ bucket: String, of endpoint: String, in cache: StateCache) -> BucketLocks? {
    let descriptor = open(cache.lock(endpoint, bucket), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    let lock = BucketLocks([descriptor])
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? lock : nil
  }

  /// Waits until all are free. In order of their names, so that two runs never wait for each other. `isWaiting` is
  /// called once if another run holds one.
  package static func acquire(
    _ buckets: some Sequence<String>, of endpoint: String, in cache: StateCache,
    isWaiting: (String) -> Void
  ) async throws(StateFailure) -> BucketLocks {
    var descriptors: [Int32] = []
    var isAnnounced = false
    for bucket in Set(buckets).sorted() {
      let path = cache.lock(endpoint, bucket)
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .disk("open the lock", path) }
      descriptors.append(descriptor)
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR else { throw .disk("lock", path) }
        if !isAnnounced { isWaiting(bucket) }
        isAnnounced = true
        do { try await Task.sleep(for: interval) } catch {
          for descriptor in descriptors { close(descriptor) }
          throw .interrupted
        }
      }
    }
    return BucketLocks(descriptors)
  }
}
