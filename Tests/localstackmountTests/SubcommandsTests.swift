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

  @Test func `the help lists every command`() {
    let help = LocalstackMount.helpMessage(columns: 80)
    for command in Subcommands.all { #expect(help.contains(command.configuration.commandName ?? "?")) }
  }
}
