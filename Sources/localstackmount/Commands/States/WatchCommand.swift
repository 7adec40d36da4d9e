internal import ArgumentParser
import Basics
internal import S3
internal import States

/// `localstackmount watch`: follows changes in buckets.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", _superCommandName: "localstackmount",
    abstract: "Print what changes in buckets, and optionally run a command for it, until Ctrl-C.",
    discussion: """
      A line for each object: + new, M written, - deleted. Changes within a fifth of a
      second may be seen as one. The command of --exec is given the object in
      S3_EVENT (created, written, deleted), S3_BUCKET, S3_KEY and S3_URI.

      EXAMPLES:
        localstackmount watch orders/out
        localstackmount watch --exec 'pytest -q'
        localstackmount watch orders --json | jq .uri
      """)

  @Argument(help: ArgumentHelp("BUCKET, or BUCKET/PREFIX; all if none is named.", valueName: "bucket[/prefix]"))
  var places: [String] = []

  @Option(help: ArgumentHelp("Run this in the shell for each change.", valueName: "command"))
  var exec: String?

  @Flag(help: "Print a JSON object per line.")
  var json = false

  @OptionGroup(title: "S3") var connection: StateConnection

  func validate() throws { try Patterns.require(places) }

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let places = command.places
      let buckets = places.isEmpty ? nil : Set(places.map { PlacePattern.bucket(of: $0) }).sorted()
      try await run.recoverEvents()
      let watch = BucketWatch(run.session, buckets: buckets, scope: Scope(places: places))
      try await watch.run {
        if !run.isQuiet {
          StateRun.complain("watching \(places.isEmpty ? "all buckets" : places.joined(separator: ", "))")
        }
      } _: { events throws(StateFailure) in
        for event in events {
          run.show(command.json ? event.json.compact : "\(event.change.rawValue) \(Printable.line(event.uri))")
          guard let exec = command.exec else { continue }
          let variables = [
            "S3_EVENT": event.change.name, "S3_BUCKET": event.bucket, "S3_KEY": event.key.string, "S3_URI": event.uri,
          ]
          let result = try await Subprocess.shell(exec, environment: variables, capturesOutput: false)
          if result.status != 0, !run.isQuiet { StateRun.complain("\(exec) ended with status \(result.status)") }
        }
      }
      return 0
    }
  }
}
