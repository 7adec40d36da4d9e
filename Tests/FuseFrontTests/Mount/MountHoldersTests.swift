import Glibc
import Testing

@testable import FuseFront

struct MountHoldersTests {
  @Test func `processes inside the mount are named, not those in directories whose names only begin the same`() {
    let processes: [MountHolders.Process] = [
      .init(identifier: 7, name: "bash", links: ["/m/bucket", "/", "/usr/bin/bash"]),
      .init(identifier: 8, name: "vim", links: ["/home", "/m"]),
      .init(identifier: 9, name: "less", links: ["/m2/file", "/mm", "socket:[1]"]),
    ]
    #expect(MountHolders.description(of: processes, holding: "/m") == "bash (7), vim (8)")
    #expect(MountHolders.description(of: processes, holding: "/n") == "")
  }

  @Test func `a live process is found by its working directory and its open files`() throws {
    var child = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/etc/passwd", O_RDONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawn(&child, "/bin/sleep", &actions, nil, &arguments, environ) == 0)
    defer {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    let process = try #require(MountHolders.running().first { $0.identifier == child })
    #expect(process.links.contains("/etc/passwd"))
    #expect(!MountHolders.running().contains { $0.identifier == getpid() })
  }
}
