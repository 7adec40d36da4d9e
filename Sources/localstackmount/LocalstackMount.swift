internal import ArgumentParser
private import Glibc

/// The command: S3 buckets as folders, mounted, over HTTP, or both.
///
/// `main` is synchronous: its thread waits for signals, all work runs on other threads. (With an asynchronous main and
/// blocked signals, SIGTERM would end the process and leave the mount behind.)
@main
struct LocalstackMount: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "localstackmount",
    abstract: "LocalStack's S3 buckets (or any S3's) as folders: as a mount, over HTTP, or both.",
    usage: "localstackmount [--fuse] [MOUNTPOINT] [--http ADDRESS] [OPTIONS]",
    discussion: discussion,
    version: version)

  @OptionGroup var arguments: CommandArguments

  /// mount.fuse(8) runs the command of a type as COMMAND SOURCE DIRECTORY.
  @Argument(help: .hidden) var others: [String] = []

  func validate() throws {
    guard let other = others.first else { return }
    throw ValidationError(
      "There is one mount point, and \(other) is another argument. To mount SOURCE at DIRECTORY: "
        + "mount -t localstackmount SOURCE DIRECTORY, or localstackmount DIRECTORY with --endpoint or --bucket.")
  }

  func run() throws {
    let status = Run(arguments).untilTheEnd()
    guard status == 0 else { throw ExitCode(status) }
  }

  static func main() {
    do {
      let arguments = try Subcommands.resolvingHelp(Array(CommandLine.arguments.dropFirst()))
      if let command = Subcommands.named(arguments.first) {
        return Subcommands.run(command, Array(arguments.dropFirst()))
      }
      if let script = try CompletionScript.requested(by: arguments) { return StandardOutput.show(script) }
      try Subcommands.refuseMistyped(arguments)
      // Before any thread exists, because threads inherit it.
      Signals.block()
      var command = try CommandEnd.parse(Self.self, try FstabOptions.expand(arguments))
      try command.run()
    } catch { CommandEnd.exit(Self.self, error) }
  }

  private static let discussion = """
    Every bucket is a directory, every object a file. A change made here is in S3
    when close, or the HTTP request, returns; external changes are visible at the
    next look. Ctrl-C unmounts and exits; a second Ctrl-C exits at once.

    EXAMPLES:
      localstackmount                          at ~/mount/localstack
      localstackmount ~/s3 --http :8080        at ~/s3 and http://localhost:8080
      localstackmount --http :8080             no mount: browse, and upload by
                                               curl -T FILE localhost:8080/bucket/
      localstackmount --bucket photos/26 ~/s3  one folder of one bucket

    OTHER COMMANDS (localstackmount help COMMAND; a directory of this name: ./status):
      status, recover            files that are not in S3 yet, or that earlier
                                 runs could not save
      doctor                     check this machine, for bug reports
      seed, reset, expect, diff  use directories as states of buckets
      snapshot, export           save buckets by name, or as a directory
      wait, watch, presign       wait for objects, follow changes, make a URL

    ENVIRONMENT:
      LOCALSTACK_ENDPOINT, AWS_ENDPOINT_URL_S3,  the endpoint, in this order (the
      AWS_ENDPOINT_URL, LSTK_ENDPOINT_URL,       profile's endpoint_url comes
      FLOCI_ENDPOINT, MINISTACK_ENDPOINT         after the third)
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS        true: ignore AWS's own and the
                                                 profile's
      AWS_REGION, AWS_DEFAULT_REGION             the region
      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,  credentials; else the profile's;
      AWS_SESSION_TOKEN,                         else, if local, test/test
      AWS_CREDENTIAL_EXPIRATION
      AWS_PROFILE, AWS_CONFIG_FILE,              the profile and its files
      AWS_SHARED_CREDENTIALS_FILE
      AWS_CA_BUNDLE                              certificates to trust, for https
      http_proxy, HTTPS_PROXY, ALL_PROXY,        the proxy, unless local, and
      NO_PROXY                                   hosts that need none
      LOCALSTACKMOUNT_AUTH                       USER:PASSWORD for HTTP clients

    \(FstabOptions.help)

    Sizes take K, M, G, T. Exit status: 0 success, 1 failure (or files that S3
    refused remain), 64 wrong usage.
    """
}
