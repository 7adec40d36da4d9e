import Basics
import Glibc

/// Runs the commands that a user states: those of rules, and `watch --exec`.
package enum Subprocess {
  package struct Result: Sendable {
    package let status: Int32
    package let output: String
  }

  private static let interval = Duration.milliseconds(5)
  private static let shownOutput = 64 << 10

  /// Runs `sh -c`. With `capturesOutput`, standard output and error go to a file that is read afterwards; else they are
  /// this process's own.
  package static func shell(
    _ command: String, arguments: [String] = [], directory: String? = nil, environment: [String: String] = [:],
    capturesOutput: Bool = true
  ) async throws(StateFailure) -> Result {
    let output = FileAccess.temporaryPath()
    defer { if capturesOutput { FileAccess.remove(output) } }
    var script = command
    var environment = environment
    if let directory, !directory.isEmpty {
      environment["LOCALSTACKMOUNT_DIRECTORY"] = directory
      script = "cd -- \"$LOCALSTACKMOUNT_DIRECTORY\" || exit 126\n" + command
    }
    let process = try spawn(
      ["/bin/sh", "-c", script, "sh"] + arguments, environment, output: capturesOutput ? output : nil)
    var status: Int32 = 0
    // Polled, because a task's thread must not block for as long as a command may take.
    while true {
      let waited = waitpid(process, &status, WNOHANG)
      if waited == process { break }
      guard waited == 0 || errno == EINTR else { throw StateFailure(.trouble, "cannot wait for \(command)") }
      do { try await Task.sleep(for: interval) } catch {
        kill(process, SIGTERM)
        ChildProcess.wait(for: process)
        throw .interrupted
      }
    }
    let code = ChildProcess.exitStatus(status)
    let text = capturesOutput ? FileAccess.read(output, limit: shownOutput) ?? [] : []
    return Result(status: code, output: String(decoding: text, as: UTF8.self))
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], output: String?
  ) throws(StateFailure) -> pid_t {
    let started = ChildProcess.spawn(words, environment: environment) { actions in
      guard let output else { return }
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    }
    do { return try started.get() } catch { throw StateFailure(.trouble, "cannot start \(words[0]): \(error.reason)") }
  }
}
