import ArgumentParser
import Testing

@testable import localstackmount

struct SubcommandsTests {
  @Test func `each command has a distinct name, and a directory of that name is given as a path`() {
    let names = Subcommands.all.compactMap { $0.configuration.commandName }
    #expect(names.count == Subcommands.all.count && Set(names).count == names.count)
    for name in names { #expect(Subcommands.named(name) != nil && Subcommands.named("./\(name)") == nil) }
    #expect(Subcommands.named(nil) == nil)
  }

  @Test func `a mistyped name is corrected, another word is not`() {
    for (word, name) in [("staus", "status"), ("sede", "seed"), ("Wait", "wait"), ("snapshto", "snapshot")] {
      #expect(Spelling.nearest(word, in: Subcommands.names) == name)
    }
    for word in ["seed", "", "mnt", "test", "data", "/mnt/s3", "mount"] {
      #expect(Spelling.nearest(word, in: Subcommands.names) == nil, "\(word)")
    }
  }

  @Test func `a mistyped option is corrected, a wrong value is not`() {
    func said(_ command: any ParsableCommand.Type, _ words: [String]) -> String {
      do { _ = try CommandEnd.parse(command, words) } catch { return command.fullMessage(for: error) }
      return ""
    }
    #expect(said(LocalstackMount.self, ["--endpiont=x"]).contains("no option --endpiont. Did you mean --endpoint?"))
    #expect(said(LocalstackMount.self, ["--hepl"]).contains("Did you mean --help?"))
    #expect(said(SnapshotCommand.self, ["save", "--cache-dri", "x"]).contains("Did you mean --cache-dir?"))
    #expect(said(RecoverCommand.self, ["--aply"]).contains("Did you mean --apply?"))
    #expect(said(LocalstackMount.self, ["--ttl", "soon"]).contains("soon"))
    #expect(said(LocalstackMount.self, ["--", "--hepl"]) == "")
  }

  @Test func `help is another spelling of --help`() throws {
    #expect(try Subcommands.resolvingHelp(["help"]) == ["--help"])
    #expect(try Subcommands.resolvingHelp(["help", "snapshot", "save"]) == ["snapshot", "save", "--help"])
    #expect(try Subcommands.resolvingHelp(["./help"]) == ["./help"])
    #expect(throws: ValidationError.self) { try Subcommands.resolvingHelp(["help", "nosuch"]) }
  }

  @Test(arguments: [CompletionShell.bash, .zsh, .fish])
  func `each completion script is adapted`(shell: CompletionShell) {
    #expect(CompletionScript.script(for: shell).contains("localstackmount"))
  }

  @Test func `the help lists every command`() {
    let help = LocalstackMount.helpMessage(columns: 80)
    for command in Subcommands.all { #expect(help.contains(command.configuration.commandName ?? "?")) }
  }
}
