internal import ArgumentParser
private import Glibc
internal import S3
internal import States

/// `localstackmount export`: writes buckets as a directory.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", _superCommandName: "localstackmount",
    abstract: "Write buckets as a directory that seed, reset and expect read.",
    discussion: """
      Keys are spelt as the mount spells them. Headers, metadata and tags that a seed
      would not write by itself are in NAME@s3 beside NAME. Files that have the bytes
      already are left; nothing is deleted.

      EXAMPLES:
        localstackmount export fixtures                  all buckets
        localstackmount export fixtures orders logs/2026

      Exit status: 0 done, 2 could not, 64 wrong usage, 130 interrupted.
      """)

  @Argument(help: "The directory; created if missing.", completion: .directory)
  var dir: String

  @Argument(help: ArgumentHelp("What to export: BUCKET, or BUCKET/PREFIX.", valueName: "bucket[/prefix]"))
  var parts: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Suffix of the buckets' names at the endpoint that the directory leaves out.", valueName: "text")
  )
  var suffix = ""

  @OptionGroup(title: "S3") var connection: StateConnection

  func validate() throws { try Patterns.require(parts) }

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let scope = Scope(places: command.parts, suffix: command.suffix)
      let names = Set(command.parts.map { PlacePattern.bucket(of: $0) + command.suffix })
      let buckets = names.isEmpty ? nil : names.sorted()
      try await run.recoverEvents()
      try await run.flushMounts(buckets)
      var state = try await EndpointReader(run.session).state(of: buckets, scope: scope)
      if let missing = buckets?.first(where: { state.buckets[$0] == nil }) {
        throw StateFailure(.trouble, "there is no bucket \(missing) at \(run.endpoint)")
      }
      // Of a bucket without objects an export says so; of a prefix it would say it of the whole bucket.
      for part in command.parts where PlacePattern.namesKeys(part) {
        let found = Scope(places: [part], suffix: command.suffix).applied(to: state)
        guard found.buckets.values.contains(where: { !$0.items.isEmpty }) else {
          throw StateFailure(.trouble, "there is nothing at \(part) at \(run.endpoint)")
        }
      }
      if buckets == nil, !command.suffix.isEmpty {
        state.buckets = state.buckets.filter { $0.key.hasSuffix(command.suffix) }
      }
      var folders = ScopeArguments()
      folders.suffix = command.suffix
      let outcome = try await DirectoryWriter(command.dir, session: run.session).export(state, folder: folders.folder)
      let count = state.buckets.count == 1 ? "1 bucket" : "\(state.buckets.count) buckets"
      run.summarize(
        "export \(count): \(DifferencePrinter.grouped(outcome.written)) written, "
          + "\(DifferencePrinter.grouped(outcome.untouched)) untouched")
      return 0
    }
  }
}

/// Files that commands write for the user.
enum StateFiles {
  static func write(_ text: String, to path: String) throws(StateFailure) {
    guard let file = fopen(path, "we") else {
      throw StateFailure(.trouble, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else {
      throw StateFailure(.trouble, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }
}
