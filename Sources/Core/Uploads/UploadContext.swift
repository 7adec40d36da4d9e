import S3
import Synchronization

/// Shared resources of the early uploads of all files.
final class UploadContext: Sendable {
  let store: any ObjectStore
  let journal: UploadJournal
  let limits: UploadLimits
  /// The limit of parts in flight for one file.
  let parallelism: Int
  private let ending = Mutex<[ObjectIdentifier: Task<Void, Never>]>([:])

  init(store: any ObjectStore, journal: UploadJournal, limits: UploadLimits, parallelism: Int = 4) {
    self.store = store
    self.journal = journal
    self.limits = limits
    self.parallelism = parallelism
  }

  /// Aborts an upload that is not needed any more.
  func abort(_ upload: MultipartUpload, of stream: PartStream) {
    let id = ObjectIdentifier(stream)
    ending.withLock { ending in
      ending[id] = Task {
        await journal.abort(upload, in: store)
        self.ending.withLock { $0[id] = nil }
      }
    }
  }

  /// Waits for the aborts in flight.
  func settled() async { for task in ending.withLock({ Array($0.values) }) { await task.value } }
}
