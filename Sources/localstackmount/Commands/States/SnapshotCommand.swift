internal import ArgumentParser
import Basics
internal import S3
internal import States

/// `localstackmount snapshot`: stores states by name.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", _superCommandName: "localstackmount",
    abstract: "Save the contents of buckets under a name, to compare with them or restore them.",
    discussion: """
      Bytes are kept once, however many snapshots have them, in the cache directory;
      only what is not there is fetched.

      EXAMPLES:
        localstackmount snapshot save before
        localstackmount diff before
        localstackmount reset before
        localstackmount snapshot export before before.tar
      """,
    subcommands: [
      SnapshotSave.self, SnapshotList.self, SnapshotRemove.self, SnapshotExport.self, SnapshotImport.self,
    ])
}

struct SnapshotSave: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Save what is in buckets now. A snapshot of that name is replaced.")

  @Argument(help: "The snapshot's name.")
  var name: String

  @Argument(help: "The buckets; all if none is named.")
  var buckets: [String] = []

  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      try SnapshotStore.validate(command.name)
      let buckets = command.buckets.isEmpty ? nil : Set(command.buckets).sorted()
      try await run.recoverEvents()
      try await run.flushMounts(buckets)
      let outcome = try await SnapshotSaver(run.session, try run.snapshots()).save(command.name, buckets: buckets)
      let count = outcome.buckets == 1 ? "1 bucket" : "\(outcome.buckets) buckets"
      run.summarize(
        "saved \(command.name): \(count), \(DifferencePrinter.grouped(outcome.objects)) objects, "
          + "\(DifferencePrinter.grouped(outcome.fetched)) fetched")
      return 0
    }
  }
}

struct SnapshotList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the snapshots.")

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let found = try run.snapshots().summaries()
      guard command.json else {
        for snapshot in found {
          run.show(
            "\(snapshot.name)  \(snapshot.time)  \(snapshot.buckets) buckets, "
              + "\(DifferencePrinter.grouped(snapshot.objects)) objects, "
              + "\(DifferencePrinter.grouped(snapshot.bytes)) bytes  \(Printable.line(snapshot.endpoint))")
        }
        if found.isEmpty, !run.isQuiet { run.show("no snapshots") }
        return 0
      }
      run.show(SnapshotStore.json(found).pretty, terminator: "")
      return 0
    }
  }
}

struct SnapshotRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Remove snapshots, and the bytes that no other snapshot uses.")

  @Argument(help: "Their names.")
  var names: [String]

  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      try await run.snapshots().remove(command.names)
      run.summarize("removed \(command.names.joined(separator: ", "))")
      return 0
    }
  }
}

struct SnapshotExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a snapshot into one tar file, for another machine.")

  @Argument(help: "The snapshot's name.")
  var name: String

  @Argument(help: "The file. (default: NAME.tar)", completion: .file(extensions: ["tar"]))
  var file: String?

  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let file = command.file ?? command.name + ".tar"
      try await SnapshotArchive(try run.snapshots()).export(command.name, to: file)
      run.summarize("exported \(command.name) to \(file)")
      return 0
    }
  }
}

struct SnapshotImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Read a snapshot from a file that snapshot export wrote.")

  @Argument(help: "The file.", completion: .file(extensions: ["tar"]))
  var file: String

  @Option(help: ArgumentHelp("Another name for it.", valueName: "name"))
  var name: String?

  @OptionGroup(title: "S3") var connection: StateConnection

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      let name = try await SnapshotArchive(try run.snapshots()).import(command.file, rename: command.name)
      run.summarize("imported \(name)")
      return 0
    }
  }
}
