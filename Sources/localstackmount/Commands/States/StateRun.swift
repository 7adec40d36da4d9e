internal import ArgumentParser
internal import Basics
private import Dispatch
private import Glibc
internal import S3
internal import States

/// One run of a state command: its session, its output, and the exit status.
struct StateRun: Sendable {
  let session: Session
  let client: S3Client
  let isQuiet: Bool

  var endpoint: Endpoint { client.configuration.endpoint }

  /// Runs a command to its end. Ctrl-C cancels it: requests in flight are cancelled cleanly, and the status is 130; a
  /// second one ends the process at once. `deleting` names a command that may delete objects, which only local
  /// endpoints allow.
  static func run(
    _ connection: StateConnection, deleting command: String? = nil, isForced: Bool = false,
    _ body: @escaping @Sendable (StateRun) async throws(StateFailure) -> Int32
  ) throws {
    // Before any thread exists, because threads inherit it.
    Signals.block()
    let status = OneShot<Int32>()
    let isVisible = !connection.quiet && isatty(STDERR_FILENO) == 1
    let progress = Progress(isVisible: isVisible)
    let task = Task {
      do throws(StateFailure) {
        if let command { try connection.requireLocal(for: command, isForced: isForced) }
        let client = try connection.client { progress.countRequest() }
        let run = StateRun(
          session: Session(
            store: client, endpoint: client.configuration.endpoint.description, cache: try connection.cache(),
            progress: progress, isThorough: connection.thorough),
          client: client, isQuiet: connection.quiet)
        status.set(try await run.toTheEnd(body))
      } catch {
        progress.clear()
        complain(error.message)
        status.set(error.code.rawValue)
      }
    }
    DispatchQueue.global().async {
      var isSecond = false
      while true {
        guard case .end = Signals.next() else { continue }
        if isSecond { _exit(StateFailure.Code.interrupted.rawValue) }
        isSecond = true
        task.cancel()
      }
    }
    let code = status.wait()
    guard code == 0 else { throw ExitCode(code) }
  }

  /// Runs a command to its end. Saves the caches before the status is known: then the process ends.
  private func toTheEnd(
    _ body: @Sendable (StateRun) async throws(StateFailure) -> Int32
  ) async throws(StateFailure) -> Int32 {
    defer {
      session.save()
      session.progress.clear()
    }
    return try await body(self)
  }

  /// Prints one line on standard error.
  static func complain(_ text: String) {
    let bytes = Array("localstackmount: \(Printable.line(text))\n".utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Prints on standard output.
  func show(_ text: String, terminator: String = "\n") {
    session.progress.clear()
    StandardOutput.show(text, terminator: terminator)
  }

  /// Prints the only line of a successful run: "reset 2 buckets: 4 put (15 requests, 0.4 s)".
  func summarize(_ text: String) {
    if !isQuiet { show("\(text) (\(cost))") }
  }

  var cost: String {
    let requests = session.progress.requests
    return
      "\(DifferencePrinter.grouped(requests)) \(requests == 1 ? "request" : "requests"), \(Self.rounded(seconds)) s"
  }

  var seconds: Double {
    let (seconds, attoseconds) = session.progress.elapsed.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  private static func rounded(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    return seconds < 0.95 && tenths == 0 ? "0.0" : "\(tenths / 10).\(tenths % 10)"
  }

  /// Whether standard output supports colours: a terminal, unless NO_COLOR is set (no-color.org).
  static var takesColours: Bool {
    let environment = RunSettings.processEnvironment
    return isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
  }

  /// Reports once that another run is at work on a bucket.
  var isWaiting: @Sendable (String) -> Void {
    { [isQuiet, session] bucket in
      session.progress.clear()
      if !isQuiet { Self.complain("waiting for another localstackmount that changes \(bucket)") }
    }
  }

  /// Restores the event notifications that a killed run left removed.
  func recoverEvents() async throws(StateFailure) {
    guard let cache = session.cache else { return }
    try await EventsOff(client, endpoint: session.endpoint, in: cache).recover()
  }

  func snapshots() throws(StateFailure) -> SnapshotStore {
    guard let cache = session.cache else { throw StateFailure(.trouble, "there is no cache directory") }
    return SnapshotStore(cache)
  }
}

/// The meaning of names on the command line.
enum StateNames {
  static func requireBuckets(_ names: [String]) throws(StateFailure) {
    for name in names.sorted() { try BucketNames.require(name) }
  }

  /// Opens a directory that exists, or else a snapshot. `./NAME` is always a directory.
  static func open(_ name: String, _ run: StateRun) throws(StateFailure) -> UnreadState {
    let store = try run.snapshots()
    var status = stat()
    let exists = stat(name, &status) == 0
    if name.contains("/") || exists || !store.has(name) {
      // The name is neither: the error names both.
      if !exists, !name.contains("/") { return UnreadState(try store.state(name)) }
      return try DirectoryReader.open(name, hashes: run.session.hashes)
    }
    return UnreadState(try store.state(name))
  }
}
