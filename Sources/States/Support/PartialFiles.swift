import Basics
import Glibc
import Synchronization

/// A directory for the files that this process is writing. Each gets its own name when it is complete, by rename(2), so
/// that readers see either the old file or the new one.
///
/// The directory is locked while its process lives. What a killed process left is removed by the next one that writes
/// there.
package final class PartialFiles: Sendable {
  /// Hidden: at the top of a directory of buckets, it counts as no bucket.
  private static let prefix = ".localstackmount-partial-"

  /// The existing directory on whose disk the files are.
  private let parent: String
  /// Made for the first file: what only reads needs no directory that it may write to.
  private let made = Mutex<LockedDirectory?>(nil)

  init(in parent: String) { self.parent = parent }

  deinit { if let directory = made.withLock({ $0 }) { Self.remove(directory) } }

  /// Returns a path for a new file.
  func path() throws(StateFailure) -> String {
    "\(try directory())/\(UInt64.random(in: 0 ... .max))"
  }

  private func directory() throws(StateFailure) -> String {
    if let found = made.withLock({ $0?.path }) { return found }
    Self.removeLeftovers(in: parent)
    guard let new = LockedDirectory.make(Self.prefix, in: parent) else {
      throw .disk("make a directory in", parent)
    }
    let used = made.withLock { made in
      made = made ?? new
      return made ?? new
    }
    if used !== new { Self.remove(new) }
    return used.path
  }

  private static func removeLeftovers(in parent: String) {
    for name in FileAccess.names(in: parent) ?? [] where name.hasPrefix(prefix) {
      if let left = LockedDirectory("\(parent)/\(name)") { remove(left) }
    }
  }

  private static func remove(_ directory: LockedDirectory) {
    for name in FileAccess.names(in: directory.path) ?? [] { FileAccess.remove("\(directory.path)/\(name)") }
    rmdir(directory.path)
  }
}

/// A file that is replaced as a whole, never changed in place.
package struct ReplacedFile: Sendable {
  package let path: String
  let partial: PartialFiles

  func replace(isDurable: Bool = false, _ content: (PieceWriter) -> Void) throws(StateFailure) {
    try FileAccess.replace(path, writing: try partial.path(), isDurable: isDurable, content)
  }

  func replace(with bytes: [UInt8], isDurable: Bool = false) throws(StateFailure) {
    try replace(isDurable: isDurable) { $0.add(bytes) }
  }
}
