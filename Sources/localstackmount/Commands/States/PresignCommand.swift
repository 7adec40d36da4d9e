internal import ArgumentParser
internal import S3
internal import States

/// `localstackmount presign`: a URL that needs no credentials.
struct PresignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presign", _superCommandName: "localstackmount",
    abstract: "Print a URL with which anyone may read (or write) one object for a limited time.",
    discussion: """
      EXAMPLES:
        curl "$(localstackmount presign s3://orders/in/today.csv)"
        curl -T new.csv "$(localstackmount presign --put s3://orders/in/today.csv)"
      """)

  @Argument(help: "s3://BUCKET/KEY.")
  var uri: String

  @Option(parsing: .unconditional, help: ArgumentHelp("How long the URL is valid, at most 7d.", valueName: "time"))
  var expires = TimeSpan(seconds: 3600)

  @Flag(help: "Make a URL for writing the object, by PUT.")
  var put = false

  @OptionGroup(title: "S3") var connection: StateConnection

  private var reference: ObjectReference? {
    guard uri.hasPrefix("s3://") else { return nil }
    let parts = uri.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return ObjectReference(bucket: String(parts[0]), key: ObjectKey(String(parts[1])))
  }

  func validate() throws {
    guard reference != nil else { throw ValidationError("\(uri) is not of the form s3://BUCKET/KEY.") }
    guard (1...S3Client.longestPresignedValidity).contains(expires.seconds) else {
      throw ValidationError("--expires is between 1s and 7d.")
    }
  }

  func run() throws {
    let command = self
    try StateRun.run(connection) { run throws(StateFailure) in
      guard let reference = command.reference else { return StateFailure.Code.usage.rawValue }
      run.show(
        run.client.presignedURL(command.put ? .put : .get, reference, expiresIn: command.expires.seconds))
      return 0
    }
  }
}
