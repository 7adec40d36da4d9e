import Logging
import S3

/// What all parts of a file system share: the store, the options, the clock, and where bytes are kept.
struct Common: Sendable {
  let store: any ObjectStore
  let options: FileSystemOptions
  let time: TimeSource
  /// When this file system began: the time of directories of which S3 tells none.
  let begun: Timestamp
  /// Objects' bytes in memory and on disk.
  let cache: ContentCache
  let spool: SpoolDirectory
  /// Sends the parts of large files while these are written.
  let sending: PartSending
}

/// A part of a file system: built from those that it uses, without the rest.
///
/// The parts are the folders beside this file. Each uses only those before it in the list of `scripts/layers`.
///
/// Locks are small, and none is held across an await. One chain nests, in this order: `Inodes.table`, the state of a
/// `FileContent`, the content cache or a `VersionReader`. A holder of any other lock takes no second one.
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
  var sending: PartSending { common.sending }
  var uploadJournal: UploadJournal { common.sending.journal }
  var log: Logger { Logger(label: "localstackmount.core") }

  /// Copies, deletions and parts under way at once, for one operation.
  static var parallelism: Int { 16 }

  /// Where S3's answers arrive, for tasks of operations that never compute long; nil if it makes no difference.
  var briefExecutor: (any TaskExecutor)? { store.executor }

  /// How often what others change is looked for.
  var pace: Duration { options.pace }

  func requireWritable() throws(FileSystemError) {
    if options.readOnly { throw FileSystemError(.readOnly, "this is served read-only (--read-only)") }
  }

  // MARK: How recent answers are

  /// How recent knowledge must be to answer whoever asks now.
  var horizon: Horizon {
    if let ttl = options.ttl { return Horizon(arrived: time.now() - ttl) }
    guard let bounds = Burst.bounds else { return Horizon(arrived: time.now() - Burst.longestWindow) }
    return Horizon(requested: bounds.began, arrived: bounds.windowBegan - .nanoseconds(1), now: time.now())
  }

  /// How long the kernel may rely on what was learnt then. It tells us nothing of what it answers by itself, so that without
  /// a ttl it must ask each time.
  func validity(since learned: Learned) -> Duration {
    options.ttl.map { max(.zero, $0 - (time.now() - learned.arrived)) } ?? .zero
  }

  /// The same of what was learnt, or made here, now.
  var validity: Duration { options.ttl ?? .zero }
}
