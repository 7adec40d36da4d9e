import S3
import Synchronization

/// A file system over S3: the one model behind both front ends.
///
/// It is a facade: each of its parts can be built and tested alone. The mount uses the parts that work by inode, the
/// gateway uses `byKey` and `edits`, which work by true key. Both share knowledge, contents and changes, so that the
/// other front end shows at once what one changes.
public final class FileSystem: FileSystemPart {
  let common: Common

  // Metadata and cached contents.
  package let knowledge: Knowledge
  public let inodes: Inodes
  let contents: Contents
  public let changes: Changes

  // From local bytes to objects.
  let held: HeldFiles
  public let journal: Journal
  let removals: Removals
  public let saving: Saving

  // By inode.
  public let lookups: Lookups
  public let names: Names
  public let moves: Moves
  public let attributeWriter: AttributeWriter
  public let files: Files
  public let streams: DirectoryStreams
  public let kernelView: KernelView

  // By key.
  public let byKey: ByKey
  public let edits: KeyEdits
  public let otherClients: OtherClients

  let endpoint = Mutex(EndpointDescription())

  /// Sends no request. `store` is the client of an endpoint, or a store of the tests.
  public init(store: any ObjectStore, options: FileSystemOptions, time: TimeSource = .system) {
    let shares = MemoryShares(memory: options.memory, readsAllMetadata: options.readsAllMetadata)
    let memory = ByteBudget(limit: Int64(shares.names))
    let kept = options.contentsDirectory.map {
      DiskCache(directory: $0, limit: options.cacheSize / 2, pause: options.pauseBeforeKeeping)
    }
    let spool = SpoolDirectory(
      path: options.cacheDirectory + "/spool", capacity: options.cacheSize, memory: Int64(shares.unsaved),
      relief: { kept?.giveUpAll() ?? false })
    let uploads = UploadJournal(spool: spool, time: time)
    let store = ConfirmingStore(store, now: time.wall) { upload in
      uploads.beganUnasked(upload)
      await uploads.abort(upload, in: store)
    }
    common = Common(
      store: store, options: options, time: time, begun: time.wall(),
      cache: ContentCache(capacity: shares.contentsAndNames, names: memory, kept: kept), spool: spool,
      sending: UploadContext(store: store, journal: uploads, limits: options.uploadLimits)
    )

    knowledge = Knowledge(common, memory: memory, shares: shares)
    inodes = Inodes(knowledge, capacity: shares.inodes)
    contents = Contents(knowledge, inodes)
    changes = Changes(knowledge, inodes)

    held = HeldFiles(inodes)
    journal = Journal(knowledge, held)
    removals = Removals(changes, journal)
    saving = Saving(contents, removals)

    lookups = Lookups(changes, held)
    names = Names(saving, lookups)
    moves = Moves(names)
    attributeWriter = AttributeWriter(saving, lookups)
    files = Files(names)
    streams = DirectoryStreams(lookups)
    kernelView = KernelView(lookups)

    let door = KeyDoor(saving)
    byKey = ByKey(door, files)
    edits = KeyEdits(byKey, moves)
    otherClients = OtherClients(door, names)
  }

  /// The choices it was made with.
  public var options: FileSystemOptions { common.options }

  /// The executor on which S3's answers arrive, for tasks of operations without long computations; nil if there is
  /// none.
  public var briefExecutor: (any TaskExecutor)? { store.executor }

  /// A time between two requests of an observer that is too short for a write to S3 (`Burst`). A third of the shortest
  /// answer that the server has given to any request: no write is answered faster than that.
  public var pause: Duration {
    min(max(.microseconds(150), (store.shortestAnswer ?? .zero) / 3), .microseconds(600))
  }

  /// How often changes of other clients are looked for.
  public var pace: Duration { options.pace }

  /// Returns the values of statfs(2), which never change. Cost: none.
  public func figures() -> FileSystemFigures {
    FileSystemFigures(blocks: 1 << 38, freeBlocks: 1 << 38, files: 1 << 40, freeFiles: 1 << 40)
  }
}
