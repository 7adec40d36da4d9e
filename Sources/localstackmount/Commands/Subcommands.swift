internal import ArgumentParser

/// The subcommands, by name. They are parsed separately from the mount, so that a directory of any name can be a mount
/// point: `./seed`.
enum Subcommands {
  static let all: [any ParsableCommand.Type] = [
    StatusCommand.self, RecoverCommand.self, DoctorCommand.self,
    SeedCommand.self, ResetCommand.self, ExpectCommand.self, DiffCommand.self, WaitCommand.self, ExportCommand.self,
    SnapshotCommand.self, WatchCommand.self, PresignCommand.self,
  ]

  static func named(_ name: String?) -> (any ParsableCommand.Type)? {
    all.first { $0.configuration.commandName == name }
  }

  /// Runs a command to its end. Output that could not be written outweighs its status.
  static func run(_ command: any ParsableCommand.Type, _ arguments: [String]) {
    do {
      var parsed = try command.parseAsRoot(arguments)
      let result = Result { try parsed.run() }
      try StandardOutput.requireWhole()
      try result.get()
    } catch { command.exit(withError: error) }
  }
}

/// The whole command as one tree, for the completion scripts only.
struct CompletionRoot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "localstackmount", subcommands: Subcommands.all)

  @OptionGroup var arguments: CommandArguments
}
