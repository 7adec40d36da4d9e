internal import ArgumentParser
private import Glibc

/// The subcommands, by name. They are parsed separately from the mount, so that a directory of any name can be a mount
/// point: `./seed`.
enum Subcommands {
  static let all: [any ParsableCommand.Type] = [
    StatusCommand.self, RecoverCommand.self, DoctorCommand.self,
    SeedCommand.self, ResetCommand.self, ExpectCommand.self, DiffCommand.self, WaitCommand.self, ExportCommand.self,
    SnapshotCommand.self, WatchCommand.self, PresignCommand.self,
  ]

  static var names: [String] { all.compactMap { $0.configuration.commandName } }

  static func named(_ name: String?) -> (any ParsableCommand.Type)? {
    all.first { $0.configuration.commandName == name }
  }

  /// Replaces `help` and `help COMMAND` by `--help` and `COMMAND --help`, and returns all other arguments as they are.
  static func resolvingHelp(_ arguments: [String]) throws(ValidationError) -> [String] {
    guard arguments.first == "help" else { return arguments }
    let topic = arguments.dropFirst().filter { !$0.hasPrefix("-") && $0 != "help" }
    var known = all
    for (index, name) in topic.enumerated() {
      guard let command = known.first(where: { $0.configuration.commandName == name }) else {
        let words = topic[...index].joined(separator: " ")
        let near = Spelling.nearest(name, in: known.compactMap { $0.configuration.commandName })
        throw ValidationError("There is no command \(words)." + (near.map { " Did you mean \($0)?" } ?? ""))
      }
      known = command.configuration.subcommands
    }
    return topic + ["--help"]
  }

  /// Throws if the first word is a mistyped command. It could be a mount point, but there is no such directory.
  static func refuseMistyped(_ arguments: [String]) throws(ValidationError) {
    guard let word = arguments.first, !word.hasPrefix("-"), access(word, F_OK) != 0,
      let name = Spelling.nearest(word, in: names + ["help"])
    else { return }
    throw ValidationError(
      "There is no command and no directory \(word). Did you mean \(name)? To mount there, make the directory first.")
  }

  /// Runs a command to its end. Output that could not be written outweighs its status.
  static func run(_ command: any ParsableCommand.Type, _ arguments: [String]) {
    do {
      let inner = command.configuration.subcommands.compactMap { $0.configuration.commandName }
      if let word = arguments.first, let name = Spelling.nearest(word, in: inner) {
        let path = command.configuration.commandName ?? ""
        throw ValidationError("There is no command \(path) \(word). Did you mean \(path) \(name)?")
      }
      var parsed = try CommandEnd.parse(command, arguments)
      let result = Result { try parsed.run() }
      try StandardOutput.requireWhole()
      try result.get()
    } catch { CommandEnd.exit(command, error) }
  }
}
