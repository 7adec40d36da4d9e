internal import ArgumentParser
internal import S3
internal import States

/// `localstackmount wait`: waits for objects.
struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", _superCommandName: "localstackmount",
    abstract: "Wait until objects appear, vanish, change, or contain a text; print their URIs.",
    discussion: """
      EXAMPLES:
        localstackmount wait 's3://orders/out/*.json' --count 3
        localstackmount wait s3://orders/in/today.csv --gone --timeout 10s
        localstackmount wait s3://orders/out/report.txt --contains done
        localstackmount wait --ready --timeout 60s            for the endpoint itself

      Exit status: 0 met, 2 could not tell, 64 wrong usage, 124 time over.
      """)

  @Argument(help: "s3://BUCKET/KEY, where KEY may be a pattern. Waits for all of them.")
  var uris: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Wait for at least this many objects of each pattern.", valueName: "number"))
  var count = 1

  @Flag(help: "Wait until there is none.")
  var gone = false

  @Flag(help: "Wait until one is created, overwritten or deleted.")
  var changed = false

  @Option(help: ArgumentHelp("Only objects that contain this text.", valueName: "text"))
  var contains: String?

  @Flag(help: "Wait until the endpoint answers and its init scripts have run.")
  var ready = false

  @Option(parsing: .unconditional, help: ArgumentHelp("How long to wait.", valueName: "time"))
  var timeout = TimeSpan(seconds: 30)

  @OptionGroup(title: "S3") var connection: StateConnection

  func validate() throws {
    if uris.isEmpty, !ready { throw ValidationError("Name what to wait for, as in s3://BUCKET/KEY, or say --ready.") }
    if let bad = uris.first(where: { Waiting.Target($0) == nil }) {
      throw ValidationError("\(bad) is not of the form s3://BUCKET/KEY.")
    }
    if let problem = uris.lazy.compactMap({ Waiting.Target($0)?.problem }).first {
      throw ValidationError(problem + ".")
    }
    if count < 1 { throw ValidationError("--count is at least 1.") }
    if [gone, changed, contains != nil].count(where: { $0 }) > 1 {
      throw ValidationError("Give one of --gone, --changed and --contains.")
    }
  }

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let deadline = ContinuousClock.now + command.timeout.duration
      if command.ready {
        try await Readiness.wait(timeout: command.timeout.duration) { await run.client.reasonToWait() }
      }
      let targets = command.uris.compactMap { Waiting.Target($0) }
      guard !targets.isEmpty else {
        run.summarize("\(run.endpoint) is ready")
        return 0
      }
      try await run.recoverEvents()
      var options = Waiting.Options()
      options.count = command.count
      options.isGone = command.gone
      options.isChanged = command.changed
      options.contains = command.contains
      options.timeout = command.ready ? max(.zero, deadline - .now) : command.timeout.duration
      let found = try await Waiting(run.session, options).run(targets)
      if !run.isQuiet { for uri in found { run.show(Printable.line(uri)) } }
      return 0
    }
  }
}
