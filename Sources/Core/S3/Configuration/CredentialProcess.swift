import Basics
import FoundationEssentials
import Glibc

/// Runs a profile's `credential_process` and parses its answer, as the AWS tools define it: a command line that is
/// split into words without a shell, whose standard output is one JSON object.
public struct CredentialProcess: Sendable {
  let command: String
  private let timeout: Duration
  private let patience: Duration
  /// Called with a sentence for the user: what is waited for, why there are no new credentials.
  let report: (@Sendable (String) -> Void)?

  /// Creates a process that has `timeout` to answer, and is reported when it takes longer than `patience`.
  init(
    _ command: String, timeout: Duration = .seconds(60), patience: Duration = .seconds(2),
    report: (@Sendable (String) -> Void)? = nil
  ) {
    self.command = command
    self.timeout = timeout
    self.patience = patience
    self.report = report
  }

  /// Why there are no credentials.
  struct Failure: Error {
    let reason: String
  }

  /// Runs the process. Blocks until it has ended; its standard error is this process's own, for prompts. Credentials
  /// that have expired are a failure.
  func run() throws(Failure) -> Credentials {
    let (output, status) = try run(Self.words(command))
    guard status == 0 else { throw Failure(reason: "ended with exit status \(status)") }
    let credentials = try Self.credentials(output)
    if let expires = credentials.expires, expires <= .now() {
      throw Failure(reason: "printed credentials that expired at \(expires.iso8601): have it make new ones")
    }
    return credentials
  }

  // MARK: The answer

  private struct Answer: Decodable {
    let version: Int
    let accessKeyID: String
    let secretAccessKey: String
    let sessionToken: String?
    let expiration: String?

    enum CodingKeys: String, CodingKey {
      case version = "Version"
      case accessKeyID = "AccessKeyId"
      case secretAccessKey = "SecretAccessKey"
      case sessionToken = "SessionToken"
      case expiration = "Expiration"
    }
  }

  static func credentials(_ output: [UInt8]) throws(Failure) -> Credentials {
    // The decoder's own error could hold the secret.
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)) else {
      throw Failure(reason: "did not print JSON with Version, AccessKeyId and SecretAccessKey")
    }
    guard answer.version == 1 else { throw Failure(reason: "printed version \(answer.version), not 1") }
    var credentials = Credentials(
      accessKeyID: answer.accessKeyID, secretAccessKey: answer.secretAccessKey, sessionToken: answer.sessionToken)
    if let text = answer.expiration {
      guard let time = Timestamp(expiration: text) else {
        throw Failure(reason: "printed an Expiration that is no time in UTC: \(text)")
      }
      credentials.expires = time
    }
    return credentials
  }

  // MARK: The process

  /// Splits at blanks, as a shell does: quotes protect blanks, a backslash the next character.
  static func words(_ line: String) throws(Failure) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var characters = line.makeIterator()
    while let character = characters.next() {
      switch (character, quote) {
      case ("\\", nil), ("\\", "\""):
        guard let next = characters.next() else { throw Failure(reason: "ends in a backslash") }
        let isKept = quote != nil && next != "\"" && next != "\\"
        word = (word ?? "") + (isKept ? "\\\(next)" : "\(next)")
      case (let character, let open?) where character == open: quote = nil
      case ("'", nil), ("\"", nil):
        quote = character
        word = word ?? ""
      case (let character, nil) where character.isWhitespace:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else { throw Failure(reason: "has an open quote") }
    if let word { words.append(word) }
    guard !words.isEmpty else { throw Failure(reason: "is empty") }
    return words
  }

  private func run(_ words: [String]) throws(Failure) -> ([UInt8], Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(reason: "cannot be started: no descriptor is free") }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let process: pid_t
    do throws(Failure) { process = try spawn(words, output: ends[1]) } catch {
      close(ends[1])
      throw error
    }
    close(ends[1])
    let started = ContinuousClock.now
    var isReported = report == nil
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while output.count < 1 << 20 {
      var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      let left = (isReported ? timeout : min(patience, timeout)) - (.now - started)
      let ready = poll(&waiting, 1, Int32(clamping: max(0, left.wholeMilliseconds + 1)))
      if ready < 0, errno == EINTR { continue }
      guard ready != 0 else {
        guard isReported else {
          isReported = true
          report?("waiting for credential_process, up to \(timeout.components.seconds) s: \(words[0])")
          continue
        }
        kill(process, SIGKILL)
        ChildProcess.wait(for: process)
        throw Failure(reason: "did not end within \(timeout.components.seconds) s")
      }
      let count = read(ends[0], &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      output += buffer[..<count]
    }
    return (output, ChildProcess.wait(for: process))
  }

  private func spawn(_ words: [String], output: Int32) throws(Failure) -> pid_t {
    let started = ChildProcess.spawn(words) { actions in
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    }
    do { return try started.get() } catch { throw Failure(reason: "cannot be started: \(error.reason)") }
  }
}
