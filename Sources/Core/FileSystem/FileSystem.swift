import Dispatch
import Logging
public import S3
import Synchronization

/// A file system over S3: the one model behind both fronts.
///
/// The mount speaks to it by inode (the files `FileSystem+…` in this folder), the gateway by true key (folder
/// Objects). Both meet in the same caches, so that what one front changes the other shows at once.
///
/// Locks are small, and none is held across an await. One chain nests, in this order: `inodes`, the state of a
/// `FileContent`, `contents` or a `VersionReader`. Who holds any other lock takes none besides.
public final class FileSystem: Sendable {
  let store: any ObjectStore
  /// The choices it was made with.
  public let options: FileSystemOptions
  let time: TimeSource
  /// When this file system began: the time of directories of which S3 tells none.
  let begun: Timestamp
  let log = Logger(label: "localstackmount.core")

  /// Memory of listings, remembered headers and inodes, taken from that of cached contents.
  let nameMemory: ByteBudget
  let inodes: Mutex<InodeTable>
  let directories: Mutex<DirectoryCache>
  /// What was last made of large listings, while these stand.
  let snapshots = Mutex(LRUCache<DirectoryLocation, DirectorySnapshot>(capacity: 50_000))
  let walks: Mutex<WalkDetector>
  let buckets = Mutex(BucketCache())
  let bucketHabits = Mutex(BucketHabits())
  let metadata: Mutex<MetadataMemory>
  let metadataLog: MetadataLog?
  let attributesHere = Mutex(LocalAttributes())
  let contents: ContentCache
  /// Of objects that are read by key.
  let checks = Mutex(RecentChecks())
  private let lastMeeting = Mutex<ContinuousClock.Instant?>(nil)
  /// Whoever looks whether a name is free, and then takes it.
  let claims = NameClaims()
  /// Who share `contents` for what they fetch ahead, through either front.
  let readers: ParallelReaders
  let handles = Mutex(HandleTable())
  /// Files whose last upload failed; kept until it succeeds.
  let unsaved = Mutex<[ObjectIdentifier: FileContent]>([:])
  /// Files that were closed and are uploaded later (`--write-back`).
  let pending: PendingUploads
  /// Renames of directories that are still to be undone or completed.
  let renames = OpenRenames()
  /// Whether the server was seen to check no condition at DELETE.
  let deletesUnconditionally = Atomic(false)
  /// An upload of a small file may take so long before its bytes are written down meanwhile.
  let slowUploads = SlowWork(limit: .seconds(1))
  let retries = Mutex<Task<Void, Never>?>(nil)
  let spool: SpoolDirectory
  /// Sends the parts of large files while these are written.
  let sending: PartSending
  /// Files whose bytes are still those of other objects.
  let copying = CopyTargets()
  let listingUse = CacheCounter()
  let headerUse = CacheCounter()
  let listings = SingleFlight<ListingKey, DirectoryListing, FileSystemError>()
  /// Pages of all keys of a bucket.
  let wholeBuckets = SingleFlight<DirectoryLocation, Bool, FileSystemError>()
  /// Pages of all keys below a directory.
  let walkPages = SingleFlight<DirectoryLocation, Void, FileSystemError>()
  /// First bytes of objects.
  let starts = SingleFlight<ObjectReference, ObjectHead, FileSystemError>()
  let headerQuestions = SingleFlight<ObjectReference, Void, FileSystemError>()
  let bucketLists = SingleFlight<Int, [BucketSummary], FileSystemError>()
  /// Those that this process made and has not deleted.
  let madeBuckets = Mutex<[String: BucketSummary]>([:])
  var uploadJournal: UploadJournal { sending.journal }
  /// Copies, deletions and parts under way at once, for one operation.
  static let parallelism = 16
  private let recall = Mutex<Task<Void, Never>?>(nil)
  let endpoint = Mutex(EndpointDescription())
  /// Made at the first use: it lists through this file system.
  let detector = Mutex<ChangeDetector?>(nil)
  private let observer = Mutex<(any ChangeObserver)?>(nil)

  /// Sends no request. `store` is the client of an endpoint, or a store of the tests.
  public init(store: any ObjectStore, options: FileSystemOptions, time: TimeSource = .system) {
    let store = ConfirmingStore(store, now: time.wall)
    self.store = store
    self.options = options
    self.time = time
    begun = time.wall()
    pending = PendingUploads(pause: options.pauseBeforeUpload)
    let shares = MemoryShares(memory: options.memory, readsAllMetadata: options.readsAllMetadata)
    nameMemory = ByteBudget(limit: Int64(shares.names))
    directories = Mutex(
      DirectoryCache(
        lifetime: options.ttl ?? Burst.longestWindow, capacity: shares.listings, names: nameMemory, wall: time.wall))
    inodes = Mutex(InodeTable(capacity: shares.inodes, names: nameMemory))
    walks = Mutex(WalkDetector(ttl: options.pace))
    metadata = Mutex(
      MetadataMemory(readsAll: options.readsAllMetadata, capacity: shares.headers, names: nameMemory))
    metadataLog = options.metadataFile.flatMap { MetadataLog(path: $0) }
    let kept = options.contentsDirectory.map {
      KeptContents(directory: $0, limit: options.cacheSize / 2, pause: options.pauseBeforeKeeping)
    }
    contents = ContentCache(capacity: shares.contentsAndNames, names: nameMemory, kept: kept)
    readers = ParallelReaders(memory: Int64(contents.capacity) * 3 / 4)
    spool = SpoolDirectory(
      path: options.cacheDirectory + "/spool", capacity: options.cacheSize, memory: Int64(shares.unsaved),
      relief: { kept?.giveUpAll() ?? false })
    sending = PartSending(store: store, journal: UploadJournal(spool: spool, time: time), limits: options.uploadLimits)
    recall.withLock { $0 = Task { [weak self] in await self?.recallMetadata() } }
  }

  /// Where S3's answers arrive, for tasks of operations that never compute long; nil if it makes no difference.
  public var briefExecutor: (any TaskExecutor)? { store.executor }

  /// Brings back what was remembered on disk, on a thread that may wait for it.
  func recallMetadata() async {
    guard let metadataLog else { return }
    await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .utility).async {
        metadataLog.read { entry in
          self.metadata.withLock { $0.recall(entry.head, of: entry.reference, isListed: entry.isListed) }
        }
        continuation.resume()
      }
    }
  }

  /// Who is told of changes that the kernel has not seen. Set once, before the first operation.
  public func observe(_ observer: any ChangeObserver) { self.observer.withLock { $0 = observer } }

  var changeObserver: (any ChangeObserver)? { observer.withLock { $0 } }

  /// Returns when the mount shows the changes that were made by path: an answer to who made them must not come before.
  public func changesAreShown() async { await changeObserver?.settled() }

  /// Waits until what was remembered on disk is known again. Nothing depends on it but attributes in listings.
  package func recalled() async { await recall.withLock { $0 }?.value }

  /// Those who follow are told of an own change: an object was written or (nil) deleted.
  func publish(_ facts: ObjectFacts?, at reference: ObjectReference) {
    detector.withLock { $0 }?.wrote(facts, at: reference)
  }

  /// The same of changes below a prefix that were many at once; "" is the list of buckets.
  func publishChanges(in bucket: String, below prefix: ObjectKey = "") {
    detector.withLock { $0 }?.touched(bucket, below: prefix)
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

  /// A silence of an observer in which it cannot have written to S3 (`Burst`).
  /// A third of the shortest answer that the server has given to anything: no write is answered faster than that.
  public var pause: Duration {
    min(max(.microseconds(150), (store.shortestAnswer ?? .zero) / 3), .microseconds(600))
  }

  /// Calls of two observers that are no further apart are taken for calls at the same time: some ticks of any kernel's clock.
  public static let company = Duration.milliseconds(30)

  /// Two observers call at the same time. The kernel has one place for a file's attributes: what one of them was told must not
  /// answer the other.
  public func observersMet(at now: ContinuousClock.Instant) { lastMeeting.withLock { $0 = now } }

  /// Whether one observer alone has called for some time.
  var hasOneObserver: Bool { lastMeeting.withLock { $0.map { time.now() - $0 > Self.company } ?? true } }

  public var pace: Duration { options.pace }

  func requireWritable() throws(FileSystemError) {
    if options.readOnly { throw FileSystemError(.readOnly, "this is served read-only (--read-only)") }
  }

  func openHandle(_ handle: FileHandle) throws(FileSystemError) -> OpenHandle {
    guard let open = handles.withLock({ $0[handle] }) else {
      throw FileSystemError(.badHandle, "file handle \(handle.rawValue) is not open")
    }
    return open
  }

  /// statfs(2): the same figures always. Cost: none.
  public func figures() -> FileSystemFigures {
    FileSystemFigures(blocks: 1 << 38, freeBlocks: 1 << 38, files: 1 << 40, freeFiles: 1 << 40)
  }
}

/// A listing under way, that all who ask for it share. A probe may end without an answer, so it is another one.
struct ListingKey: Hashable, Sendable {
  var location: DirectoryLocation
  var isProbe: Bool
}
