private import Dispatch
private import Glibc
import Synchronization

/// The spool: a directory below the cache directory with one session for each process, readable by its owner only.
final class SpoolDirectory: Sendable {
  let path: String
  /// The budget of bytes on disk (`--cache-size`).
  let disk: ByteBudget
  /// The budget of unsaved bytes of small files in memory. Beyond it they go to disk at once.
  let memory: ByteBudget
  /// The budget of open spool files: the other descriptors are for S3, the kernel and the gateway, without which no
  /// file could be saved.
  private let files: ByteBudget
  /// The endpoint of these objects. Set before the first use.
  let endpoint = Mutex("")
  /// Frees dispensable data on the same disk. Returns false if there is none.
  private let relief: (@Sendable () -> Bool)?
  private let own = Mutex<SpoolSession?>(nil)
  private let sequence = Atomic<UInt64>(0)
  /// The queue for fsync(2), which is slow: never on a cooperative thread.
  private let queue = DispatchQueue(label: "localstackmount.spool")

  /// The limit of open files: it leaves a quarter of the process's descriptors, and at least 64.
  static var mostFiles: Int {
    let most = sysconf(Int32(_SC_OPEN_MAX))
    return max(most - max(most / 4, 64), 16)
  }

  init(
    path: String, capacity: Int64, memory: Int64, mostFiles: Int = mostFiles, relief: (@Sendable () -> Bool)? = nil
  ) {
    self.path = path
    self.relief = relief
    files = ByteBudget(limit: Int64(mostFiles))
    disk = ByteBudget(limit: capacity)
    self.memory = ByteBudget(limit: memory)
  }

  /// Returns this process's session, created at its first use.
  func session() throws(FileSystemError) -> SpoolSession {
    try own.withLock { (own) throws(FileSystemError) in
      if let own { return own }
      let owner = SpoolSession.Owner(
        endpoint: endpoint.withLock { $0 }, process: getpid(), started: Timestamp.now().seconds)
      let session = try SpoolSession.create(below: path, owner: owner)
      own = session
      return session
    }
  }

  /// Returns the next number for this process's records, in the order of the states that they describe.
  func nextSequence() -> UInt64 { sequence.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Creates a new spool file. Throws noSpace, ioFailure.
  func makeFile() throws(FileSystemError) -> SpoolFile {
    let place = BudgetShare(of: files)
    guard place.resize(to: 1) else {
      throw FileSystemError(
        .noSpace, "unsaved files have as many descriptors as they may: close some, or raise ulimit -n")
    }
    return try SpoolFile(path: try session().newPath(), budget: disk, place: place, relief: relief)
  }

  /// Runs blocking work on the spool's own thread.
  func perform<Value: Sendable>(
    _ work: @escaping @Sendable () throws(FileSystemError) -> Value
  ) async throws(FileSystemError) -> Value {
    let result: Result<Value, FileSystemError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(FileSystemError) {
          continuation.resume(returning: .success(try work()))
        } catch { continuation.resume(returning: .failure(error)) }
      }
    }
    return try result.get()
  }

  /// Takes over the sessions of dead processes: no other process uses them until they are released.
  func adoptDead() -> [SpoolSession] {
    Disk.names(in: path).compactMap { SpoolSession.adopt("\(path)/\($0)") }
  }

  /// Removes this process's session unless something unsaved is in it.
  func end() { own.withLock { $0?.removeIfEmpty() } }
}
