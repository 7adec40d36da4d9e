import S3
import Synchronization

/// Renames of directories that failed half-way and could not be undone or completed at once: they are settled while the
/// process lives.
final class OpenRenames: Sendable {
  private let open = Mutex<[String: (intent: RenameIntent, settling: Task<Void, Never>)]>([:])

  func add(_ intent: RenameIntent, _ settling: Task<Void, Never>) {
    open.withLock { $0[intent.path] = (intent, settling) }
  }

  func remove(_ intent: RenameIntent) { open.withLock { $0[intent.path] = nil } }

  var all: [RenameIntent] { open.withLock { $0.values.map(\.intent) }.sorted { $0.what < $1.what } }

  /// Waits until no open rename affects one of two directories, or something in them. No longer than a few seconds: S3
  /// may not answer for hours.
  func settled(below first: DirectoryLocation, or second: DirectoryLocation) async {
    let waiting = open.withLock { open in
      open.values.filter { rename in
        [first, second].contains { place in
          [rename.intent.source, rename.intent.destination].contains { $0.contains(place) || place.contains($0) }
        }
      }.map(\.settling)
    }
    for settling in waiting { await settling.wait(atMost: .seconds(5)) }
  }

  /// Same, for two objects.
  func settled(objects first: ObjectReference, _ second: ObjectReference) async {
    await settled(below: DirectoryLocation(first), or: DirectoryLocation(second))
  }

  /// Stops settling because the process ends: the next start settles the renames.
  func stop() { for rename in open.withLock({ Array($0.values) }) { rename.settling.cancel() } }
}

extension DirectoryLocation {
  /// Creates a location as if everything that begins with the key were below it.
  fileprivate init(_ object: ObjectReference) { self.init(bucket: object.bucket, prefix: object.key) }
}

extension RenameIntent {
  /// The description for messages.
  var what: String {
    "the rename of s3://\(header.bucket)/\(header.prefix) to s3://\(header.newBucket)/\(header.newPrefix)"
  }
}
