internal import ArgumentParser
internal import Basics
private import Glibc
internal import HTTPFront
private import Logging

#if FUSE
  private import FuseFront
#endif

/// `localstackmount doctor`: checks this machine, and prints what belongs into a bug report.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", _superCommandName: "localstackmount",
    abstract: "Check what a mount, the gateway and S3 need. Each line is ok, or names the remedy.",
    discussion: """
      Give it the options of the run that fails. Nothing is changed, and no secret is
      printed: paste all of it into a bug report.

      Exit status: 0 if all is well, 1 if there is something to do.
      """)

  @Argument(help: "Where you want to mount. (default: ~/mount/localstack)", completion: .directory)
  var mountpoint: String?

  @Option(
    help: ArgumentHelp("Where you want to serve.", valueName: "address"),
    transform: { try ListenAddress.parse($0) })
  var http = ListenAddress(port: 8080)

  @OptionGroup(title: "S3") var s3: EndpointArguments

  @Option(help: ArgumentHelp("The value that the run was given.", valueName: "directory"), completion: .directory)
  var cacheDir: String?

  func validate() throws { try MountPointArgument.validate(mountpoint) }

  func run() throws {
    let environment = RunSettings.processEnvironment
    StandardOutput.show(Machine.title)
    var isWell = true
    func show(_ finding: Finding) {
      isWell = isWell && finding.isGood
      StandardOutput.show(finding.line)
    }
    for finding in try mountFindings(environment) { show(finding) }
    show(Machine.port(http))
    do throws(StartFailure) { _ = try RunSettings.credentials(environment) } catch {
      show(.toDo("password", error.message))
    }
    show(Machine.cache(try RunSettings.cacheDirectory(cacheDir, environment)))
    show(Machine.descriptors)
    // Last, because it may be slow.
    let endpoint = OneShot<[Finding]>()
    let (url, region, profile) = s3.given
    Task { endpoint.set(await EndpointCheck(url, region, profile, environment).findings()) }
    for finding in endpoint.wait() { show(finding) }
    guard isWell else { throw ExitCode(1) }
  }

  private func mountFindings(_ environment: [String: String]) throws -> [Finding] {
    #if FUSE
      let path = if let mountpoint { mountpoint } else { try RunSettings.defaultMountPath(environment) }
      return FuseDiagnosis.findings(for: MountPoint(path: path, isDefault: mountpoint == nil))
        .map { Finding($0.name, $0.text, isGood: $0.isGood) }
    #else
      return [Finding("fuse", "this build has no mount: it serves over HTTP only")]
    #endif
  }
}

/// One line of the doctor's report.
struct Finding: Sendable {
  let name: String
  let text: String
  let isGood: Bool

  init(_ name: String, _ text: String, isGood: Bool = true) {
    self.name = name
    self.text = text
    self.isGood = isGood
  }

  /// Returns a finding that requires action, which the text describes.
  static func toDo(_ name: String, _ text: String) -> Finding { Finding(name, text, isGood: false) }

  private static let widestName = 12

  var line: String {
    let padding = String(repeating: " ", count: max(1, Self.widestName + 1 - name.count))
    return (isGood ? "ok     " : "TO DO  ") + name + padding + text
  }
}
