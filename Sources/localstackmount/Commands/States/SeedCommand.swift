internal import ArgumentParser
internal import S3
internal import States

/// `localstackmount seed`: uploads a directory into buckets.
struct SeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", _superCommandName: "localstackmount",
    abstract: "Upload a directory into buckets.",
    discussion: """
      The folders at the top of DIR are buckets, the files below them objects.
      Missing buckets are made, missing and different objects put; all else is left,
      unless --delete makes the buckets exactly as DIR has them (but a bucket's folder
      without any file deletes nothing). NAME@s3 beside NAME holds headers, metadata and tags: {"headers": {}, "metadata": {}, "tags": {}}.

      EXAMPLES:
        localstackmount seed fixtures
        localstackmount seed fixtures --wait-ready 60s       in an init container
        localstackmount seed data --into my-bucket/in        files below a prefix
        localstackmount seed fixtures --watch                again on each save

      Exit status: 0 done, 2 could not, 3 refused for safety, 64 wrong usage,
      124 not ready in time, 130 interrupted: run it again.
      """)

  @Argument(help: "The directory.", completion: .directory)
  var dir: String

  @Option(help: ArgumentHelp("Upload the files of DIR below this bucket or prefix.", valueName: "bucket[/prefix]"))
  var into: String?

  @Flag(help: "Delete the objects that DIR does not have, in its buckets.")
  var delete = false

  @Option(
    help: ArgumentHelp(
      "With --delete: never delete what matches: BUCKET, BUCKET/KEYS as --only, or a pattern of keys alone. Repeatable.",
      valueName: "pattern")
  )
  var keep: [String] = []

  @Flag(help: "Only print what would be done.")
  var dryRun = false

  @Flag(help: "Keep running, and seed again whenever a file is saved.")
  var watch = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("First wait up to this long for the endpoint and its init scripts.", valueName: "time"))
  var waitReady: TimeSpan?

  @Flag(help: "Disable the buckets' event notifications meanwhile, so that fixtures trigger nothing.")
  var withoutEvents = false

  @Flag(help: "With --delete: run also if the endpoint is not local.")
  var force = false

  @OptionGroup var part: ScopeArguments
  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection, deleting: delete ? "seed --delete" : nil, isForced: force) {
      run throws(StateFailure) in
      try await command.seed(run)
    }
  }

  private func seed(_ run: StateRun) async throws(StateFailure) -> Int32 {
    if let waitReady {
      try await Readiness.wait(timeout: waitReady.duration) { await run.client.reasonToWait() }
    }
    try await run.recoverEvents()
    guard watch else {
      try await layOut(run)
      return 0
    }
    let changes = DirectoryChanges(dir)
    var isFirst = true
    while true {
      do throws(StateFailure) { try await layOut(run) } catch {
        // A file that is half saved is corrected by the next save, a folder that is empty meanwhile by its next file.
        guard error.code == .trouble || (error.code == .refused && !isFirst) else { throw error }
        StateRun.complain(error.message)
      }
      isFirst = false
      try await changes.wait()
    }
  }

  private func layOut(_ run: StateRun) async throws(StateFailure) {
    var options = Layout.Options()
    options.deletesExtra = delete
    options.keep(matching: keep, suffix: part.suffix)
    options.isDryRun = dryRun
    options.withoutEvents = withoutEvents
    let state: UnreadState
    if let into {
      let parts = into.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      var prefix = parts.count > 1 ? parts[1] : ""
      if !prefix.isEmpty, !prefix.hasSuffix("/") { prefix += "/" }
      let bucket = parts[0] + part.suffix
      try StateNames.requireBuckets([bucket])
      state = try DirectoryReader.open(dir, into: bucket, prefix: prefix, hashes: run.session.hashes)
      options.scope = prefix.isEmpty ? .everything : .below(prefix, of: bucket)
    } else {
      state = try part.atEndpoint(try DirectoryReader.open(dir, hashes: run.session.hashes))
      options.scope = part.scope
    }
    try await LayoutReport("seed", run).layOut(state, options)
  }

  func validate() throws {
    if into != nil, !part.only.isEmpty { throw ValidationError("Give --into or --only, not both.") }
    try Patterns.require(keep)
    if !keep.isEmpty, !delete { throw ValidationError("--keep belongs to --delete.") }
    if watch, dryRun { throw ValidationError("Give --watch or --dry-run, not both.") }
  }
}

/// Makes the endpoint equal to a state, and prints what `seed` and `reset` report.
struct LayoutReport {
  private let command: String
  private let run: StateRun

  init(_ command: String, _ run: StateRun) {
    self.command = command
    self.run = run
  }

  func layOut(_ state: UnreadState, _ options: Layout.Options) async throws(StateFailure) {
    let outcome = try await run.besideMounts(state.buckets) {
      () async throws(StateFailure) in
      try await Layout(run.session, options, isWaiting: run.isWaiting).run(state)
    }
    run.session.save()
    if options.isDryRun {
      for line in outcome.plan.lines { run.show(line) }
      run.summarize("would \(command) \(outcome.summary)")
    } else {
      run.summarize("\(command) \(outcome.summary)")
    }
  }
}
