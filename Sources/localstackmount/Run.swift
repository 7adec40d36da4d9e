internal import Basics
private import CMalloc
internal import Core
private import Glibc
internal import HTTPFront
internal import Logging

/// One run of the command: connects, opens the front ends, waits, and ends everything in the opposite order.
struct Run {
  private let arguments: CommandArguments
  private let log: Logger
  private let metrics = StoreMetrics()

  init(_ arguments: CommandArguments) {
    self.arguments = arguments
    let level = arguments.logLevel.level
    LoggingSystem.bootstrap { _ in StandardErrorLog(level: level) }
    log = Logger(label: "localstackmount")
  }

  /// Raises the limit of descriptors to the maximum: each large unsaved file and each connection needs one.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Uses one heap for all threads: blocks are allocated by one thread and freed by another, and with a heap for each
  /// thread the free space of one would not serve the others (180 MB resident instead of 125 with 96 MB of --memory).
  private static func useOneHeap() { mallopt(M_ARENA_MAX, 1) }

  /// Runs until the end. Returns the exit status.
  func untilTheEnd() -> Int32 {
    Self.useOneHeap()
    Self.raiseDescriptorLimit()
    do throws(StartFailure) {
      let settings = try RunSettings(arguments)
      guard let fileSystem = try connect(settings) else { return 0 }
      return try serve(fileSystem, settings)
    } catch {
      log.error("\(error.message)")
      return 1
    }
  }

  /// Connects. Returns `nil` if a signal came first.
  private func connect(_ settings: RunSettings) throws(StartFailure) -> FileSystem? {
    let result = OneShot<Result<FileSystem, StartFailure>>()
    Task {
      do throws(StartFailure) {
        let fileSystem = try await Wiring.connect(settings, counting: metrics)
        if !settings.fileSystem.readOnly {
          let recovery = Recovery(fileSystem, log: log)
          // Renames before any request is served; files meanwhile.
          await recovery.settle()
          if !recovery.isEmpty { Task { _ = await recovery.uploadFiles() } }
        }
        result.set(.success(fileSystem))
      } catch {
        result.set(.failure(error))
      }
      Signals.wake()
    }
    while true {
      if case .end = Signals.next() { return nil }
      switch result.value {
      case .success(let fileSystem): return fileSystem
      case .failure(let failure): throw failure
      case nil: continue
      }
    }
  }

  private func serve(_ fileSystem: FileSystem, _ settings: RunSettings) throws(StartFailure) -> Int32 {
    let commands = CommandListener(fileSystem, log)
    defer { commands.end() }
    let fronts = try Fronts(fileSystem, settings, metrics, log)
    fronts.announce()
    // Woken without a signal: unmounted from outside, or the connection broke.
    while case .wake = Signals.next(), !fronts.mountHasEnded {}
    Signals.forceEndOnNext {
      fileSystem.journal.spoolUnsavedNow()
      fronts.abandon()
    }
    let end = ContinuousClock.now + Self.ending
    fronts.end(deadline: Self.ending - Self.lastTry)
    return shutDown(fileSystem, deadline: max(end - .now, Self.lastTry))
  }

  /// How long the whole shutdown may take (docs/SEMANTICS.md, 11.1): if the server does not answer, unsaved files are
  /// kept for the next start.
  private static let ending = Duration.seconds(30)
  /// The minimum part of it for files that no process waits for.
  private static let lastTry = Duration.seconds(10)

  private func shutDown(_ fileSystem: FileSystem, deadline: Duration) -> Int32 {
    let unsaved = OneShot<Unsaved>()
    Task {
      unsaved.set(await fileSystem.saving.shutDown(deadline: deadline))
    }
    let left = unsaved.wait()
    let saves = "the next start, or `localstackmount recover --apply`,"
    if !left.closed.isEmpty {
      log.error("not uploaded, but kept: \(saves) saves \(left.closed.joined(separator: ", "))")
    }
    if !left.stillOpen.isEmpty {
      let names = left.stillOpen.joined(separator: ", ")
      log.error("still open, not saved, but kept: \(saves) puts what was written beside \(names)")
    }
    if !left.unlinked.isEmpty {
      let names = left.unlinked.prefix(20).joined(separator: ", ") + (left.unlinked.count > 20 ? " and others" : "")
      log.error(
        "unlinked, but not deleted in S3: the next start, or `localstackmount recover --apply`, deletes \(names)")
    }
    return left.isEmpty ? 0 : 1
  }
}
