package import Glibc

/// Starts programs.
package enum ChildProcess {
  /// Starts a program with no signal blocked: this process blocks some, and children inherit that. Returns the reason
  /// if it cannot be started.
  /// - Parameters:
  ///   - words: the program, which is searched in PATH, and its arguments.
  ///   - environment: variables that differ from this process's.
  ///   - redirect: adds actions for the child's descriptors.
  package static func spawn(
    _ words: [String], environment: [String: String] = [:],
    redirect: (inout posix_spawn_file_actions_t) -> Void
  ) -> Result<pid_t, SpawnError> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    redirect(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var variables = inherited(but: environment).map { strdup($0) }
    variables += environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for pointer in variables + arguments { free(pointer) } }
    var process = pid_t()
    let result = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
    return result == 0 ? .success(process) : .failure(SpawnError(reason: String(cString: strerror(result))))
  }

  /// Redirects the standard streams to /dev/null.
  package static func silence(_ actions: inout posix_spawn_file_actions_t) {
    for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
  }

  /// The reason why a program could not be started.
  package struct SpawnError: Error {
    package let reason: String
  }

  private static func inherited(but changed: [String: String]) -> [String] {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if changed[String(text.prefix { $0 != "=" })] == nil { entries.append(text) }
      next += 1
    }
    return entries
  }

  /// Waits until a child has ended. Returns its exit status; -1 if it is no child of this process.
  @discardableResult
  package static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 { if errno != EINTR { return -1 } }
    return exitStatus(status)
  }

  /// Returns the exit status that a shell would report: 128 and more for a signal.
  package static func exitStatus(_ status: Int32) -> Int32 {
    status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
  }
}

/// Words of the shell commands in messages.
package enum ShellWord {
  /// Returns the text as one word for a shell: quoted only where that is needed.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
        true
      default: "/._-+:,@%=".utf8.contains(byte)
      }
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
