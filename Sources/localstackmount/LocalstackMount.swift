internal import ArgumentParser
private import Glibc

/// S3 buckets as folders: mounted, over HTTP, or both.
///
/// `main` is synchronous: its thread waits for signals, all work is done on others. (With an asynchronous main and
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

  func run() throws {
    let status = Run(arguments).untilTheEnd()
    guard status == 0 else { throw ExitCode(status) }
  }

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "recover": return RecoverCommand.main(Array(arguments.dropFirst()))
    case "status": return StatusCommand.main(Array(arguments.dropFirst()))
    default: break
    }
    // Before any thread exists, because threads inherit it.
    Signals.block()
    main(nil)
  }

  private static let discussion = """
    Every bucket is a directory, every object a file. A change made here is in S3
    when close, or the HTTP request, returns; a change made by others is seen
    within --ttl. Ctrl-C unmounts and ends; a second Ctrl-C ends at once.

    EXAMPLES:
      localstackmount                          at ~/mount/localstack
      localstackmount ~/s3 --http :8080        at ~/s3 and http://localhost:8080
      localstackmount --http :8080             no mount: browse, and upload by
                                               curl -T FILE localhost:8080/bucket/
      localstackmount --bucket photos/26 ~/s3  one folder of one bucket

    OTHER COMMANDS (a directory of this name is given as ./status):
      localstackmount status                     what is not in S3 yet
      localstackmount recover                    what earlier runs could not save

    ENVIRONMENT:
      LOCALSTACK_ENDPOINT, AWS_ENDPOINT_URL_S3,  the endpoint, in this order
      AWS_ENDPOINT_URL
      AWS_REGION, AWS_DEFAULT_REGION             the region
      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,  credentials; else the profile's;
      AWS_SESSION_TOKEN                          else, if local, test/test
      AWS_PROFILE, AWS_CONFIG_FILE,              the profile and its files
      AWS_SHARED_CREDENTIALS_FILE
      AWS_CA_BUNDLE                              certificates to trust, for https
      LOCALSTACKMOUNT_AUTH                       USER:PASSWORD for HTTP clients

    Sizes take K, M, G, T. Exit status: 0 ended as asked, 1 failure (or files that
    S3 refused are left), 64 wrong usage.
    """
}
