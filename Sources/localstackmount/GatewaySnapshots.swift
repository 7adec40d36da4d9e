internal import Basics
internal import Core
internal import Dispatch
internal import HTTPFront
internal import Logging
internal import S3
internal import States

/// Snapshots over HTTP: the gateway's half is in HTTPFront, the snapshots' is States. It has a client of its own, as
/// the commands have, so that a comparison never uses this process's caches.
struct GatewaySnapshots: SnapshotService {
  private let fileSystem: FileSystem
  private let client: S3Client
  private let requests: RequestCount
  private let cacheDirectory: String
  /// The scopes of `--bucket`; empty: all.
  private let shown: [BucketScope]
  private let executor = BlockingExecutor()

  /// Creates the service; `nil` if the client cannot be created.
  init?(_ fileSystem: FileSystem, _ settings: RunSettings, _ log: Logger) {
    let requests = RequestCount()
    var s3 = S3Settings(endpoint: settings.endpoint, region: settings.region, profile: settings.profile)
    s3.report = { log.notice("\($0)") }
    guard var configuration = try? s3.resolve(environment: settings.environment) else { return nil }
    if let timeout = settings.timeout { configuration.deadlines = Deadlines(request: timeout) }
    configuration.observer = { _ in requests.progress.countRequest() }
    guard let client = try? S3Client(configuration) else { return nil }
    (self.fileSystem, self.client, self.requests) = (fileSystem, client, requests)
    cacheDirectory = settings.fileSystem.cacheDirectory
    shown = settings.fileSystem.buckets
  }

  func answer(_ request: SnapshotRequest) async -> SnapshotAnswer {
    // It reads and hashes files.
    await withTaskExecutorPreference(executor) {
      do throws(Refusal) { return try await perform(request) } catch {
        return .failure(status: error.status, error.clause)
      }
    }
  }

  // MARK: Requests

  private func perform(_ request: SnapshotRequest) async throws(Refusal) -> SnapshotAnswer {
    guard shown.allSatisfy(\.prefix.isEmpty) else {
      throw Refusal(
        status: 403, clause: "snapshots are of whole buckets, and this gateway shows a part of one (--bucket)")
    }
    let cache = try sync { () throws(StateFailure) in try StateCache(cacheDirectory) }
    let store = SnapshotStore(cache)
    let session = Session(
      store: client, endpoint: client.configuration.endpoint.description, cache: cache)
    defer { session.save() }
    switch request {
    case .list:
      return .json(SnapshotStore.json(try sync { () throws(StateFailure) in try store.summaries() }))
    case .describe(let name):
      try require(name, in: store)
      let all = try sync { () throws(StateFailure) in try store.summaries() }
      guard let found = all.first(where: { $0.name == name }) else { throw .missing(name) }
      return .json(found.json)
    case .save(let name, let buckets): return try await save(name, buckets, store, session)
    case .compare(let name, let other, let only, let format):
      try requirePatterns(only)
      return try await compare(name, other, only, format, store, session)
    case .restore(let name, let only, let keep, let fingerprint, let isPreview, let isForced):
      try requirePatterns(only + keep)
      var options = Layout.Options()
      options.deletesExtra = true
      options.isDryRun = isPreview
      options.keep(matching: keep)
      options.scope = Scope(only)
      options.takesFingerprint = isPreview
      options.fingerprint = fingerprint
      return try await restore(name, options, isForced: isForced, store, session)
    case .remove(let name):
      try require(name, in: store)
      try await states { () async throws(StateFailure) in try await store.remove([name]) }
      return .nothing
    }
  }

  private func requirePatterns(_ patterns: [String]) throws(Refusal) {
    if let problem = PlacePattern.problem(of: patterns) {
      throw Refusal(status: 400, clause: problem)
    }
  }

  private func save(
    _ name: String, _ buckets: [String], _ store: SnapshotStore, _ session: Session
  ) async throws(Refusal) -> SnapshotAnswer {
    try sync { () throws(StateFailure) in try SnapshotStore.validate(name) }
    if let hidden = buckets.first(where: { !isShown($0) }) {
      throw Refusal(status: 404, clause: "there is no bucket \(hidden)")
    }
    let all = buckets.isEmpty ? (shown.isEmpty ? nil : shown.map(\.bucket)) : buckets
    let chosen = all.map { Set($0).sorted() }
    try await flush(chosen, session)
    let isNew = !store.has(name)
    let outcome = try await states { () async throws(StateFailure) in
      try await SnapshotSaver(session, store).save(name, buckets: chosen)
    }
    return .json(outcome.json(name), isNew: isNew)
  }

  private func compare(
    _ name: String, _ other: String?, _ only: [String], _ format: SnapshotRequest.Format, _ store: SnapshotStore,
    _ session: Session
  ) async throws(Refusal) -> SnapshotAnswer {
    let scope = Scope(only)
    let before = scope.applied(to: try state(name, store))
    let after: State
    if let other {
      after = scope.applied(to: try state(other, store))
    } else {
      let all = before.isEverything && only.isEmpty
      let buckets = all ? (shown.isEmpty ? nil : shown.map(\.bucket)) : before.buckets.keys.sorted()
      try await flush(buckets, session)
      after = try await states { () async throws(StateFailure) in
        try await EndpointReader(session).state(of: buckets, scope: scope)
      }
    }
    let counted = requests.progress.requests
    return try await states { () async throws(StateFailure) in
      let found = try await Comparison(expected: before, actual: after, session: session).run()
      let differences = try await Hints(session, expected: before, actual: after).adding(to: found)
      let seconds = Double(session.progress.elapsed / .milliseconds(1)) / 1000
      let (type, text) =
        switch format {
        case .text:
          (
            "text/plain; charset=utf-8",
            DifferencePrinter(colours: false).text(of: differences) + differences.lastLine + "\n"
          )
        case .json:
          (
            "application/json",
            DifferenceReport.json(
              differences, command: "diff", expected: before.source.label, actual: after.source.label,
              requests: requests.progress.requests - counted, seconds: seconds
            ).pretty
          )
        case .junit:
          ("application/xml", DifferenceReport.junit(differences, expected: before, seconds: seconds))
        case .patch:
          (
            "text/x-diff; charset=utf-8",
            try await PatchWriter(expected: before, actual: after).patch(for: differences)
          )
        }
      return .content(type: type, Array(text.utf8), differences: differences.list.count)
    }
  }

  private func restore(
    _ name: String, _ options: Layout.Options, isForced: Bool, _ store: SnapshotStore, _ session: Session
  ) async throws(Refusal) -> SnapshotAnswer {
    let endpoint = client.configuration.endpoint
    try sync { () throws(StateFailure) in
      try Safety.require(local: endpoint, for: "?restore", isForced: isForced)
    }
    let state = options.scope.applied(to: try state(name, store))
    try await flush(state.buckets.keys.sorted(), session)
    session.changes.begin()
    do throws(StateFailure) {
      let outcome = try await Layout(session, options).run(UnreadState(state))
      await show(session)
      return .json(outcome.json(name, isPreview: options.isDryRun))
    } catch {
      await show(session)
      throw Refusal(error)
    }
  }

  // MARK: What others hold and see

  private func mounts(_ session: Session) -> RunningMounts {
    RunningMounts(RunningSockets(environment: RunSettings.processEnvironment), endpoint: session.endpoint)
  }

  /// Makes this process and all others at the endpoint save their files.
  private func flush(_ buckets: [String]?, _ session: Session) async throws(Refusal) {
    let unsaved = await fileSystem.otherClients.saveAll(in: buckets.map { Set($0) }, openFiles: true)
    if !unsaved.isEmpty {
      let names = unsaved.map { "s3://\($0.path.bucket)/\($0.path.key)" }.joined(separator: ", ")
      throw Refusal(status: 409, clause: "\(names) cannot be saved: \(unsaved[0].reason ?? "it is being uploaded")")
    }
    do throws(StateFailure) { try await mounts(session).flush(buckets) } catch {
      throw Refusal(status: 409, clause: error.message)
    }
  }

  private func show(_ session: Session) async {
    let changes = session.changes.take()
    await fileSystem.otherClients.learn(changes.map { ReportedChange($0) })
    await mounts(session).show(changes)
  }

  // MARK: Names

  private func isShown(_ bucket: String) -> Bool { shown.isEmpty || shown.contains { $0.bucket == bucket } }

  private func require(_ name: String, in store: SnapshotStore) throws(Refusal) {
    try sync { () throws(StateFailure) in try SnapshotStore.validate(name) }
    guard store.has(name) else { throw .missing(name) }
  }

  /// Returns a snapshot, as far as the gateway shows its buckets.
  private func state(_ name: String, _ store: SnapshotStore) throws(Refusal) -> State {
    try require(name, in: store)
    var state = try sync { () throws(StateFailure) in try store.state(name) }
    state.buckets = state.buckets.filter { isShown($0.key) }
    return state
  }

  private func sync<Value>(_ body: () throws(StateFailure) -> Value) throws(Refusal) -> Value {
    do throws(StateFailure) { return try body() } catch { throw Refusal(error) }
  }

  private func states<Value: Sendable>(
    _ body: () async throws(StateFailure) -> Value
  ) async throws(Refusal) -> Value {
    do throws(StateFailure) { return try await body() } catch { throw Refusal(error) }
  }
}

/// The reason for a refusal, with its HTTP status.
private struct Refusal: Error {
  let status: Int
  let clause: String

  init(status: Int, clause: String) {
    self.status = status
    self.clause = clause
  }

  init(_ failure: StateFailure) {
    clause = failure.message
    status =
      switch failure.code {
      case _ where failure.isOutdated: 412
      case .usage: 400
      case .refused: 403
      case .unsupported: 501
      case .timedOut: 504
      case .interrupted: 503
      case .trouble: failure.cause == nil ? 409 : 502
      }
  }

  static func missing(_ name: String) -> Self { Self(status: 404, clause: "there is no snapshot \"\(name)\"") }
}

extension SnapshotAnswer {
  fileprivate static func json(_ value: JSONValue, isNew: Bool = false) -> Self {
    .content(type: "application/json", Array(value.pretty.utf8), isNew: isNew)
  }
}

extension Differences {
  /// The line after the differences.
  var lastLine: String {
    isEmpty ? "diff: \(DifferencePrinter.grouped(equal)) equal" : "diff: \(DifferencePrinter.summary(of: self))"
  }
}

/// The requests that the client of the snapshots has sent.
private final class RequestCount: Sendable {
  let progress = Progress()
}

/// Runs tasks that read and hash files: on threads that may block, which those of Swift's pool must not do.
private final class BlockingExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "snapshots", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
