private import Glibc
import Synchronization

/// The files that were closed with `--write-back` and are not in S3 yet: their bytes are in the spool, with a record.
///
/// Each upload is debounced by a short pause, so that what follows at once (an append, a rename, times, an unlink) is
/// part of it.
final class PendingUploads: Sendable {
  /// How long after the last close an upload begins.
  static let usualPause = Duration.milliseconds(100)
  /// The pause ends after this many pauses since the first close.
  private static let mostPauses = 10
  /// The limit of uploads in flight.
  static let parallelism = 8
  /// The limit of files, as each holds a descriptor. Beyond it a close uploads at once.
  static let mostFiles = min(max(sysconf(Int32(_SC_OPEN_MAX)) / 4, 64), 2048)

  private struct Entry {
    let content: FileContent
    var first: ContinuousClock.Instant
    var last: ContinuousClock.Instant
    /// Whether a caller waits for it.
    var isHurried = false
    /// Whether it was closed again since its upload began.
    var isAgain = false
    var pause: Task<Void, Never>?
    var upload: Task<Void, Never>?

    func due(_ pause: Duration) -> ContinuousClock.Instant { min(last + pause, first + pause * mostPauses) }
  }

  private let pause: Duration
  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
  private let limit = ConcurrencyLimit(parallelism)

  init(pause: Duration = usualPause) { self.pause = pause }

  var isEmpty: Bool { entries.withLock { $0.isEmpty } }

  func contains(_ content: FileContent) -> Bool { entries.withLock { $0[ObjectIdentifier(content)] != nil } }

  /// Adds a file that was just closed, to be uploaded by `upload`. Returns false if too many are waiting.
  func add(_ content: FileContent, upload: @escaping @Sendable (FileContent) async -> Void) -> Bool {
    let now = ContinuousClock.now
    return entries.withLock { entries in
      let id = ObjectIdentifier(content)
      if entries[id] != nil {
        entries[id]?.last = now
        entries[id]?.isAgain = true
        return true
      }
      guard entries.count < Self.mostFiles else { return false }
      entries[id] = Entry(content: content, first: now, last: now)
      entries[id]?.upload = Task { await self.run(id, upload) }
      return true
    }
  }

  private func run(_ id: ObjectIdentifier, _ upload: @Sendable (FileContent) async -> Void) async {
    repeat {
      while let pause = pause(id) { await pause.value }
      try? await limit.withPermit {
        guard let content = begin(id) else { return }
        await upload(content)
      }
    } while !end(id)
  }

  private func pause(_ id: ObjectIdentifier) -> Task<Void, Never>? {
    entries.withLock { entries in
      guard let entry = entries[id], !entry.isHurried else { return nil }
      let due = entry.due(pause)
      guard due > .now else { return nil }
      let pause = Task { _ = try? await Task.sleep(until: due) }
      entries[id]?.pause = pause
      return pause
    }
  }

  private func begin(_ id: ObjectIdentifier) -> FileContent? {
    entries.withLock { entries in
      entries[id]?.isAgain = false
      return entries[id]?.content
    }
  }

  /// Ends an upload. Returns false if the file was closed again meanwhile.
  private func end(_ id: ObjectIdentifier) -> Bool {
    entries.withLock { entries in
      guard entries[id]?.isAgain == true else {
        entries[id] = nil
        return true
      }
      entries[id]?.first = .now
      return false
    }
  }

  /// Ends the pause of chosen files and waits until their uploads have ended.
  func settle(_ isChosen: (FileContent) -> Bool) async {
    let all = entries.withLock { $0 }
    let chosen = all.filter { isChosen($0.value.content) }
    let pauses = entries.withLock { entries in
      chosen.keys.compactMap { id in
        entries[id]?.isHurried = true
        return entries[id]?.pause
      }
    }
    for pause in pauses { pause.cancel() }
    for entry in chosen.values { await entry.upload?.value }
  }
}
