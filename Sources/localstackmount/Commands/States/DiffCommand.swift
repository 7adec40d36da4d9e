internal import ArgumentParser
internal import S3
internal import States

/// `localstackmount diff`: compares any two states.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", _superCommandName: "localstackmount",
    abstract: "Show how two states differ: directories, snapshots, or the endpoint now.",
    discussion: """
      From A to B, which is `now` if it is not given: + only in B, - only in A,
      M other content, U other headers, metadata or tags.

      EXAMPLES:
        localstackmount diff before                  what changed since the snapshot
        localstackmount diff fixtures now --json
        localstackmount diff before after

      Exit status: 0 equal, 1 different, 2 could not tell, 64 wrong usage.
      """)

  @Argument(help: "A directory, the name of a snapshot, or now.", completion: .directory)
  var a: String

  @Argument(help: "The same.", completion: .directory)
  var b = "now"

  @OptionGroup var part: ScopeArguments
  @OptionGroup var report: ReportArguments
  @OptionGroup(title: "S3") var connection: StateConnection

  func validate() throws {
    if a == "now", b == "now" { throw ValidationError("now is equal to now: name a directory or a snapshot.") }
  }

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in try await command.compare(run) }
  }

  private func compare(_ run: StateRun) async throws(StateFailure) -> Int32 {
    let (left, right) = try await states(run)
    let found = try await Comparison(expected: left, actual: right, session: run.session, suffix: part.suffix).run()
    let differences = try await Hints(run.session, expected: left, actual: right).adding(to: found)
    if !differences.isEmpty || report.json || report.junit != nil {
      try await report.show(
        differences, expected: left, actual: right, command: "diff", suffix: part.suffix, run)
    }
    if !report.json, !report.patch {
      if differences.isEmpty {
        run.summarize(differences.lastLine)
      } else if !run.isQuiet {
        run.show("\(differences.lastLine) (\(run.cost))")
      }
    }
    return differences.isEmpty ? 0 : 1
  }

  private func states(_ run: StateRun) async throws(StateFailure) -> (State, State) {
    let scope = part.scope
    func local(_ name: String) throws(StateFailure) -> State? {
      name == "now" ? nil : try part.atEndpoint(try StateNames.open(name, run)).only(scope).read()
    }
    let left = try local(a)
    let right = try local(b)
    if let left, let right { return (left, right) }
    guard let other = left ?? right else { throw StateFailure(.usage, "now is equal to now") }
    try await run.recoverEvents()
    try await run.flushMounts(other.isEverything ? nil : other.buckets.keys.sorted())
    let buckets = other.isEverything && part.only.isEmpty ? nil : other.buckets.keys.sorted()
    let now = try await EndpointReader(run.session).state(of: buckets, scope: scope)
    return (left ?? now, right ?? now)
  }
}
