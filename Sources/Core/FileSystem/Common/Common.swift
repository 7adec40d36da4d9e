import Logging
import S3

/// The dependencies that all parts of a file system share: the store, the options, the clock, and the content cache.
struct Common: Sendable {
  let store: any ObjectStore
  let options: FileSystemOptions
  let time: TimeSource
  /// When this file system started: the time of directories for which S3 has none.
  let begun: Timestamp
  /// Objects' bytes in memory and on disk.
  let cache: ContentCache
  let spool: SpoolDirectory
  /// Sends the parts of large files while these are written.
  let sending: UploadContext
}

/// A part of a file system: built from the parts that it uses, without the rest.
///
/// The parts are the folders beside this file. Each uses only those before it in the list of `scripts/layers`.
///
/// Locks are small, and none is held across an await. One chain nests, in this order: `Inodes.table`, the state of a
/// `FileContent`, the content cache or a `VersionReader`. Never take another lock while holding a lock outside this
/// chain.
protocol FileSystemPart: Sendable {
  var common: Common { get }
}

extension FileSystemPart {
  var store: any ObjectStore { common.store }
  var options: FileSystemOptions { common.options }
  var time: TimeSource { common.time }
  var begun: Timestamp { common.begun }
  var cache: ContentCache { common.cache }
  var spool: SpoolDirectory { common.spool }
  var sending: UploadContext { common.sending }
  var uploadJournal: UploadJournal { common.sending.journal }
  static var log: Logger { Logger(label: "localstackmount.core") }
  var log: Logger { Self.log }

  /// The limit of copies, deletions and parts in flight, for one operation.
  static var parallelism: Int { 16 }

  /// The executor on which S3's answers arrive, for tasks of operations without long computations; nil if there is
  /// none.
  var briefExecutor: (any TaskExecutor)? { store.executor }

  /// How often changes of other clients are looked for.
  var pace: Duration { options.pace }

  func requireWritable() throws(FileSystemError) {
    if options.readOnly { throw FileSystemError(.readOnly, "this is served read-only (--read-only)") }
  }
}
