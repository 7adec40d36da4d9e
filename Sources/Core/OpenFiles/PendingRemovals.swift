import S3
import Synchronization

/// The objects that were unlinked with `--write-back` and that S3 still has: their names are hidden here
/// (`LocalNames`), and a record of each is in the spool.
///
/// Deletions are debounced by a short pause, so that many go in one request.
final class PendingRemovals: Sendable {
  /// Deletes a batch. Returns those for which S3 gave no answer: they are tried again.
  typealias Flush = @Sendable ([ObjectReference: Version]) async -> Set<ObjectReference>
  /// Appends records to a file of the spool; nil: a new one. Returns its path; nil if they cannot be written.
  typealias Record = @Sendable ([RemovalRecord], _ file: String?) -> String?

  /// S3 deletes this many in one request.
  static let batch = 1000
  /// The limit of waiting deletions. Beyond it an unlink deletes at once.
  static let most = 10_000
  /// The pause ends after this many pauses since the first deletion.
  private static let mostPauses = 10

  private struct State {
    var waiting: [ObjectReference: Version] = [:]
    /// Those that are being deleted.
    var leaving: [ObjectReference: Version] = [:]
    var first = ContinuousClock.now
    var last = ContinuousClock.now
    /// Whether a caller waits, or a batch is complete.
    var isHurried = false
    /// The pause before what S3 did not answer is tried again; nil: nothing waits for that.
    var retry: Duration?
    var retryPauses = RetryPauses()
    var pause: Task<Void, Never>?
    var work: Task<Void, Never>?
    /// The files with the records of those that wait, the last one to append to.
    var files: [String] = []
    /// The files with the records of those that are being deleted.
    var oldFiles: [String] = []

    func due(_ pause: Duration) -> ContinuousClock.Instant {
      retry.map { last + $0 } ?? min(last + pause, first + pause * mostPauses)
    }
  }

  private let pause: Duration
  private let record: Record
  private let state = Mutex(State())

  init(pause: Duration = PendingUploads.usualPause, record: @escaping Record) {
    (self.pause, self.record) = (pause, record)
  }

  var isEmpty: Bool { state.withLock { $0.waiting.isEmpty && $0.leaving.isEmpty } }

  func contains(_ reference: ObjectReference) -> Bool {
    state.withLock { $0.waiting[reference] != nil || $0.leaving[reference] != nil }
  }

  /// Returns those at paths: of a file itself, of a directory what is below it, and the file of the same name.
  /// O(1) for files, as each unlink asks.
  func references(at paths: [ObjectPath]) -> Set<ObjectReference> {
    state.withLock { state in
      guard !state.waiting.isEmpty || !state.leaving.isEmpty else { return [] }
      var found: Set<ObjectReference> = []
      for path in paths {
        guard path.isDirectory else {
          let reference = ObjectReference(bucket: path.bucket, key: path.key)
          if state.waiting[reference] != nil || state.leaving[reference] != nil { found.insert(reference) }
          continue
        }
        for reference in [state.waiting.keys, state.leaving.keys].joined()
        where path.isOrHolds(reference) || path == ObjectPath(reference).asDirectory {
          found.insert(reference)
        }
      }
      return found
    }
  }

  /// Those for which S3 gave no answer.
  var unanswered: [ObjectReference] { state.withLock { $0.retry == nil ? [] : Array($0.waiting.keys) } }

  /// The objects that S3 still has.
  var references: [ObjectReference] { state.withLock { Array($0.waiting.keys) + Array($0.leaving.keys) } }

  /// Adds a deletion, after recording it. Returns false if it must be done at once: too many wait, or it cannot be
  /// recorded.
  func add(_ reference: ObjectReference, _ version: Version, flush: @escaping Flush) -> Bool {
    let (hasRoom, last) = state.withLock { ($0.waiting.count + $0.leaving.count < Self.most, $0.files.last) }
    guard hasRoom, let file = record([RemovalRecord(reference, version)], last) else { return false }
    let pause = state.withLock { state -> Task<Void, Never>? in
      if state.waiting.isEmpty { state.first = .now }
      state.last = .now
      state.waiting[reference] = version
      if !state.files.contains(file) { state.files.append(file) }
      if state.work == nil { state.work = Task { await self.deleteBatch(flush) } }
      guard state.waiting.count >= Self.batch, state.retry == nil else { return nil }
      state.isHurried = true
      return state.pause
    }
    pause?.cancel()
    return true
  }

  private func deleteBatch(_ flush: @escaping Flush) async {
    while let pause = nextPause() { await pause.value }
    let batch = begin()
    let left = await flush(batch)
    let rest = batch.filter { left.contains($0.key) }
    for file in end(rest, records(of: rest), next: { Task { await self.deleteBatch(flush) } }) { Disk.remove(file) }
  }

  /// Records again what S3 gave no answer for: a record of what was deleted must not outlive it, as the name may get
  /// another object. Returns the file; nil if nothing is left, or if it cannot be written.
  private func records(of rest: [ObjectReference: Version]) -> String? {
    rest.isEmpty ? nil : record(rest.map { RemovalRecord($0.key, $0.value) }, nil)
  }

  private func nextPause() -> Task<Void, Never>? {
    state.withLock { state in
      guard !state.isHurried else { return nil }
      let due = state.due(pause)
      guard due > .now else { return nil }
      let pause = Task { _ = try? await Task.sleep(until: due) }
      state.pause = pause
      return pause
    }
  }

  private func begin() -> [ObjectReference: Version] {
    state.withLock { state in
      (state.leaving, state.waiting) = (state.waiting, [:])
      state.isHurried = false
      state.oldFiles += state.files
      state.files = []
      return state.leaving
    }
  }

  /// Ends a batch, and begins the next if something waits. Returns the files of records that are done with.
  private func end(
    _ rest: [ObjectReference: Version], _ file: String?, next: () -> Task<Void, Never>
  ) -> [String] {
    state.withLock { state in
      state.waiting.merge(rest) { new, _ in new }
      state.leaving = [:]
      if rest.isEmpty {
        (state.retry, state.retryPauses) = (nil, RetryPauses())
      } else {
        (state.retry, state.last) = (state.retryPauses.next(), .now)
      }
      state.work = state.waiting.isEmpty ? nil : next()
      guard rest.isEmpty || file != nil else { return [] }
      defer { state.oldFiles = file.map { [$0] } ?? [] }
      return state.oldFiles
    }
  }

  /// Ends the pause, if a chosen object waits, and waits until it was deleted or S3 gave no answer.
  func settle(_ isChosen: (ObjectReference) -> Bool) async {
    var isLast = false
    while !isLast {
      let (work, pause) = state.withLock { state -> (Task<Void, Never>?, Task<Void, Never>?) in
        let isWaiting = state.waiting.keys.contains(where: isChosen)
        guard isWaiting || state.leaving.keys.contains(where: isChosen) else { return (nil, nil) }
        // What waits while others are being deleted is in the next batch.
        isLast = !isWaiting || state.leaving.isEmpty
        if isWaiting { state.isHurried = true }
        return (state.work, isWaiting ? state.pause : nil)
      }
      guard let work else { return }
      pause?.cancel()
      await work.value
    }
  }
}
