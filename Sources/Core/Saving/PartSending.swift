import S3
import Synchronization

/// What the early uploads of all files share.
final class PartSending: Sendable {
  let store: any ObjectStore
  let journal: UploadJournal
  let limits: UploadLimits
  /// Parts of one file under way at once.
  let parallelism: Int
  private let ending = Mutex<[ObjectIdentifier: Task<Void, Never>]>([:])

  init(store: any ObjectStore, journal: UploadJournal, limits: UploadLimits, parallelism: Int = 4) {
    self.store = store
    self.journal = journal
    self.limits = limits
    self.parallelism = parallelism
  }

  /// Aborts an upload that nobody wants any more.
  func abort(_ upload: MultipartUpload, of stream: PartStream) {
    let id = ObjectIdentifier(stream)
    ending.withLock { ending in
      ending[id] = Task {
        await journal.abort(upload, in: store)
        self.ending.withLock { $0[id] = nil }
      }
    }
  }

  /// Waits for the aborts under way, and tries once more those that S3 refused.
  func settled() async {
    for task in ending.withLock({ Array($0.values) }) { await task.value }
    await journal.abortLeft(in: store)
  }
}
