internal import ArgumentParser
private import Glibc

/// Parses and ends commands with the messages of all of them: under the program's name, and with the option that was
/// meant.
enum CommandEnd {
  /// Ends the process with the status and the message for an error. The library's own message begins with "Error:",
  /// which in a script's output may be anyone's.
  static func exit(_ command: any ParsableCommand.Type, _ error: any Error) -> Never {
    let code = command.exitCode(for: error)
    guard !code.isSuccess else { command.exit(withError: error) }
    let text = command.fullMessage(for: error)
    if !text.isEmpty {
      let label = "Error: "
      let line = text.hasPrefix(label) ? "localstackmount: error: \(text.dropFirst(label.count))" : text
      let bytes = Array("\(line)\n".utf8)
      _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
    Glibc.exit(code.rawValue)
  }

  /// Parses the arguments. If they cannot be parsed, and one is a mistyped option, the error names the option that was
  /// meant.
  static func parse(
    _ command: any ParsableCommand.Type, _ arguments: [String]
  ) throws -> any ParsableCommand {
    do { return try command.parseAsRoot(arguments) } catch {
      guard !command.exitCode(for: error).isSuccess, let (typed, meant) = mistyped(arguments, command) else {
        throw error
      }
      throw ValidationError("There is no option \(typed). Did you mean \(meant)?")
    }
  }

  private static func mistyped(
    _ arguments: [String], _ command: any ParsableCommand.Type
  ) -> (typed: String, meant: String)? {
    let known = optionNames(command, arguments)
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let typed = String(argument.dropFirst(2).prefix { $0 != "=" })
      if let meant = Spelling.nearest(typed, in: known) { return ("--\(typed)", "--\(meant)") }
    }
    return nil
  }

  /// Returns the names of a command's options, or of those of the inner command that the arguments name, without their
  /// hyphens. The help has all of them but one.
  private static func optionNames(_ command: any ParsableCommand.Type, _ arguments: [String]) -> [String] {
    let inner = command.configuration.subcommands.first { $0.configuration.commandName == arguments.first }
    let names = (inner ?? command).helpMessage(columns: 200).split(separator: "\n").flatMap { line in
      line.split(separator: " ").prefix { $0.hasPrefix("-") }
        .flatMap { $0.split { $0 == "," || $0 == "/" } }
        .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
    }
    return names + ["generate-completion-script"]
  }
}
