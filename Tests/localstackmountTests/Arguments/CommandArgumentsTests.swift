import ArgumentParser
import Testing

@testable import localstackmount

struct CommandArgumentsTests {
  @Test func `the default is a mount, unless only HTTP is requested`() throws {
    #expect(try CommandArguments.parse([]).mounts)
    #expect(try !CommandArguments.parse(["--http", ":0"]).mounts)
    #expect(try CommandArguments.parse(["--http", ":0", "--fuse"]).mounts)
    #expect(try CommandArguments.parse(["--http", ":0", "/mnt"]).mounts)
  }

  @Test(arguments: [
    ["--auth", "me:x"], ["--cors", "https://a"], ["--idle-timeout", "5"], ["--path-prefix", "/a"],
    ["--access-log", "-"],
    ["--http", ":0", "--allow-other"], ["--bucket", "a", "--bucket", "a/b"], [""],
    ["--http", ":0", "--tls-cert", "file"], ["--http", ":0", "--idle-timeout", "604801"],
    ["--http", ":0", "--auth", "me:x", "--auth-file", "file"], ["--ttl", "never"], ["--umask", "9"],
    ["http://localhost:4566"], ["s3://box"], ["--timeout", "0"], ["--ttl", "-1"], ["--http", ":0", "--noexec"],
    ["--bucket", "localhost:4566"],
  ])
  func `contradicting options are refused`(words: [String]) {
    #expect(throws: (any Error).self) { try CommandArguments.parse(words) }
  }

  @Test func `each gateway option without the gateway is refused by name`() {
    let options = GatewayArguments.helpMessage(columns: 200).split(separator: "\n").compactMap { line in
      line.split(separator: " ").first.map(String.init)
    }.filter { $0.hasPrefix("--") }
    #expect(options.count == 8)
    let values = ["--auth": "me:x", "--path-prefix": "/a", "--cors": "https://a", "--idle-timeout": "5"]
    for option in options where option != "--tls-cert" && option != "--tls-key" {
      #expect(throws: (any Error).self, "\(option)") { try CommandArguments.parse([option, values[option] ?? "x"]) }
    }
  }
}
