internal import ArgumentParser
import Basics
private import Glibc
internal import S3
internal import States

/// How differences are reported.
struct ReportArguments: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print a patch: `patch -p1` in the directory updates it to what is in S3.")
  var patch = false

  @Option(help: ArgumentHelp("Write a report for CI systems: a suite per bucket, a case per key.", valueName: "file"))
  var junit: String?

  func validate() throws {
    if json, patch { throw ValidationError("Give --json or --patch, not both.") }
  }

  /// Prints differences; the summary is left to the caller.
  func show(
    _ differences: Differences, expected: State, actual: State, command: String, suffix: String, _ run: StateRun
  ) async throws(StateFailure) {
    if let junit {
      let text = DifferenceReport.junit(differences, expected: expected, seconds: run.seconds)
      try StateFiles.write(text, to: junit)
    }
    if json {
      let document = DifferenceReport.json(
        differences, command: command, expected: expected.source.label, actual: actual.source.label,
        requests: run.session.progress.requests, seconds: run.seconds)
      run.show(document.pretty, terminator: "")
    } else if patch {
      let writer = PatchWriter(expected: expected, actual: actual, suffix: suffix)
      run.show(try await writer.patch(for: differences), terminator: "")
    } else {
      let printer = DifferencePrinter(colours: StateRun.takesColours)
      run.show(printer.text(of: differences), terminator: "")
    }
  }
}

/// `localstackmount expect`: compares buckets with a directory.
struct ExpectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect", _superCommandName: "localstackmount",
    abstract: "Compare buckets with a directory or a snapshot, and show what differs.",
    discussion: """
      A line for each key that differs: + unexpected, - missing, M content,
      U headers, metadata or tags; texts as a diff. @s3expect at the top of DIR says
      how objects are compared where not byte by byte:
        {"rules": [{"match": "orders/out/*.json",
                    "compare": "json", "ignore": ["$.id"]}]}
      with ignore, json, text, lines, csv-rows, count, command, gunzip+ before one,
      and "as" for many parts of one file. docs/STATES.md has them all.

      EXAMPLES:
        localstackmount expect expected --within 10s
        localstackmount expect expected --only 'orders/out/**' --allow-extra
        localstackmount expect expected --update             then look at git diff

      Exit status: 0 equal, 1 different, 2 could not tell, 3 refused (--update in CI),
      64 wrong usage, 130 interrupted.
      """)

  @Argument(help: "The directory, or the name of a snapshot.", completion: .directory)
  var dir: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Repeat the comparison until it is equal, for at most this long.", valueName: "time"))
  var within: TimeSpan?

  @Flag(help: "Ignore objects that DIR does not have.")
  var allowExtra = false

  @Flag(help: "Update DIR to what is in S3.")
  var update = false

  @Flag(help: "With --update: run also in CI.")
  var force = false

  @OptionGroup var part: ScopeArguments
  @OptionGroup var report: ReportArguments
  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in try await command.compare(run) }
  }

  private static let pause = Duration.milliseconds(100)

  private func compare(_ run: StateRun) async throws(StateFailure) -> Int32 {
    if update, !force, let value = RunSettings.processEnvironment["CI"], value != "false" {
      throw StateFailure(
        .refused, "--update changes what is expected, and CI is set: run it on your machine, or say --force")
    }
    try await run.recoverEvents()
    let deadline = ContinuousClock.now + (within?.duration ?? .zero)
    let scope = part.scope
    var unread = try part.atEndpoint(try StateNames.open(dir, run)).only(scope)
    let buckets = unread.buckets
    guard !buckets.isEmpty else { throw StateFailure(.trouble, "--only leaves no bucket of \(dir)") }
    try await run.flushMounts(buckets)
    while true {
      let isLast = ContinuousClock.now >= deadline
      var options = Comparison.Options()
      options.allowsExtra = allowExtra
      options.explains = isLast
      let comparison = try await Comparison.reading(
        unread, scope: scope, session: run.session, options: options, suffix: part.suffix)
      unread = UnreadState(comparison.expected)
      let differences = try await comparison.run()
      if differences.isEmpty || isLast {
        return try await finish(differences, comparison.expected, comparison.actual, run)
      }
      do { try await Task.sleep(for: min(Self.pause, deadline - .now)) } catch {
        throw .interrupted
      }
      // Files that are being written are saved once, not at each check.
      try await run.flushMounts(buckets, openFiles: false)
    }
  }

  private func finish(
    _ found: Differences, _ expected: State, _ actual: State, _ run: StateRun
  ) async throws(StateFailure) -> Int32 {
    if update {
      let writer = DirectoryWriter(dir, session: run.session)
      let outcome = try await writer.apply(
        found, actual: actual, isWhole: part.only.isEmpty, folder: part.folder)
      run.summarize(
        "updated \(dir): \(outcome.written) written, \(outcome.removed) removed, \(outcome.untouched) equal"
          + (outcome.left > 0 ? ", \(outcome.left) of rules with \"as\" or \"count\" left to you" : ""))
      return 0
    }
    let differences = try await Hints(run.session, expected: expected, actual: actual).adding(to: found)
    if !differences.isEmpty || report.json || report.junit != nil {
      try await report.show(
        differences, expected: expected, actual: actual, command: "expect", suffix: part.suffix, run)
    }
    if !report.json, !report.patch {
      if differences.isEmpty {
        let buckets = expected.buckets.count == 1 ? "1 bucket" : "\(expected.buckets.count) buckets"
        run.summarize("expect \(buckets): \(DifferencePrinter.grouped(differences.equal)) equal")
      } else if !run.isQuiet {
        run.show("expect: \(DifferencePrinter.summary(of: differences)) (\(run.cost))")
      }
    }
    return differences.isEmpty ? 0 : 1
  }
}
