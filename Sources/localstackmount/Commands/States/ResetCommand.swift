internal import ArgumentParser
internal import S3
internal import States

/// `localstackmount reset`: makes buckets exactly equal to a directory or snapshot.
struct ResetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", _superCommandName: "localstackmount",
    abstract: "Make buckets exactly equal to a directory or a snapshot.",
    discussion: """
      Puts what differs, deletes what is extra, restores headers, metadata and tags;
      what is right already is not touched. Buckets that DIR or the snapshot does
      not have are left alone, and so is the configuration of all. A bucket's folder
      without any file deletes nothing; {} in its @s3 makes the bucket empty. Runs on
      local endpoints only: loopback, private addresses, the emulators' own names.

      EXAMPLES:
        localstackmount reset fixtures                        before each test
        localstackmount reset before --only orders            a snapshot's bucket
        localstackmount reset fixtures --keep 'orders/logs/**'

      Exit status: 0 done, 2 could not, 3 refused for safety, 64 wrong usage,
      130 interrupted: run it again.
      """)

  @Argument(help: "A directory, or the name of a snapshot (./NAME is a directory).", completion: .directory)
  var source: String

  @Option(
    help: ArgumentHelp(
      "Never delete what matches, nor its versions: BUCKET, BUCKET/KEYS as --only, or a pattern of keys alone. Repeatable.",
      valueName: "pattern"))
  var keep: [String] = []

  @Flag(help: "Only print what would be done.")
  var dryRun = false

  @Flag(help: "In buckets with versioning, delete old versions and delete markers, too.")
  var purgeVersions = false

  @Flag(help: "Disable the buckets' event notifications meanwhile, so that fixtures trigger nothing.")
  var withoutEvents = false

  @Flag(help: "Run also if the endpoint is not local. Never on AWS.")
  var force = false

  @OptionGroup var part: ScopeArguments
  @OptionGroup(title: "S3") var connection: StateConnection

  func validate() throws { try Patterns.require(keep) }

  func run() throws {
    let command = self
    try StateRun.run(connection, deleting: "reset", isForced: force) { run throws(StateFailure) in
      let state = try command.part.atEndpoint(try StateNames.open(command.source, run))
      try await run.recoverEvents()
      var options = Layout.Options()
      options.deletesExtra = true
      options.keep(matching: command.keep, suffix: command.part.suffix)
      options.isDryRun = command.dryRun
      options.purgesVersions = command.purgeVersions
      options.withoutEvents = command.withoutEvents
      options.scope = command.part.scope
      try await LayoutReport("reset", run).layOut(state, options)
      return 0
    }
  }
}
