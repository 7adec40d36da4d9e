import Glibc
import S3

/// A command that compares two files: `sh -c COMMAND` in the directory, with the files as `$1` and `$2` and in
/// `EXPECTED` and `ACTUAL`; `BUCKET` and `KEY` name the object. Exit status 0 is equal, 1 different; its output is
/// shown as the difference.
struct RuleCommand {
  private let command: String
  private let directory: String

  init(_ command: String, directory: String) {
    self.command = command
    self.directory = directory
  }

  func run(
    expected: String, actual: String, bucket: String, key: ObjectKey
  ) async throws(StateFailure) -> ContentDifference? {
    let result = try await Subprocess.shell(
      command, arguments: [absolute(expected), absolute(actual)], directory: directory,
      environment: [
        "EXPECTED": absolute(expected), "ACTUAL": absolute(actual), "BUCKET": bucket, "KEY": key.string,
      ])
    switch result.status {
    case 0: return nil
    case 1: return .note(result.output.isEmpty ? "\(command) says that they differ" : result.output)
    default:
      throw StateFailure(
        .trouble, "the command \"\(command)\" for s3://\(bucket)/\(key) ended with \(result.status): \(result.output)")
    }
  }

  private func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }
}
