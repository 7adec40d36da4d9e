internal import ArgumentParser
internal import Core
private import Glibc

/// `localstackmount status`: the unsaved files of all runs, running or dead.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", _superCommandName: "localstackmount",
    abstract: "List the files that are not in S3: of runs that still retry, and of runs that ended.",
    discussion: "Exit status: 0 if there are none, 2 if there are.")

  @Option(help: ArgumentHelp("The value that the run was given.", valueName: "directory"), completion: .directory)
  var cacheDir: String?

  func run() throws {
    let files = RecoverableFile.all(in: try RunSettings.usedCacheDirectory(cacheDir, RunSettings.processEnvironment))
    Self.show(files)
    guard files.isEmpty else { throw ExitCode(2) }
  }

  /// Prints one line for each file on standard output.
  static func show(_ files: [RecoverableFile]) {
    if files.isEmpty { StandardOutput.show("nothing is unsaved") }
    for file in files {
      // Without a reason nothing has failed: it is in flight, or queued (--write-back).
      let doing = file.reason == nil ? "uploads it" : "tries again"
      let owner = file.isRunning ? "process \(file.process) \(doing)" : "left by process \(file.process)"
      StandardOutput.show("\(file.name)  \(file.size) bytes, \(Self.time(file.time)), \(owner)")
      if let reason = file.reason { StandardOutput.show("  \(reason)") }
      StandardOutput.show("  endpoint \(file.endpoint.isEmpty ? "unknown" : file.endpoint), bytes in \(file.path)")
    }
  }

  /// Formats local time, as in `ls --full-time`.
  private static func time(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    var buffer = [CChar](repeating: 0, count: 40)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S %z", &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
