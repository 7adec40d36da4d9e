internal import ArgumentParser
internal import Basics
internal import Core
private import Glibc
internal import Logging

/// `localstackmount recover`: lists, uploads or discards files that a run could not save.
struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", _superCommandName: "localstackmount",
    abstract: "List, upload or discard what earlier runs could not save.",
    discussion: """
      Bytes that S3 did not take are kept in the cache directory. The next start
      uploads them by itself, unless the object was changed by others since: then
      they are put beside it as NAME.recovered-DATE-TIME. What remains is listed
      here, and --apply tries it again, now.
      """)

  enum Action: String, EnumerableFlag {
    case list, apply, discard

    static func help(for value: Action) -> ArgumentHelp? {
      switch value {
      case .list: "Name the files. Nothing is changed, and S3 is not asked."
      case .apply:
        "Upload them. Bytes of a version that is gone are replaced by zeros, in a new object next to the original."
      case .discard: "Delete what is kept here permanently. Unlinked objects that S3 still has stay there."
      }
    }
  }

  @Flag var action = Action.list

  @OptionGroup(title: "S3") var s3: EndpointArguments

  @Option(help: ArgumentHelp("The value that the run was given.", valueName: "directory"), completion: .directory)
  var cacheDir: String?

  func run() throws {
    LoggingSystem.bootstrap { _ in StandardErrorLog(level: .notice) }
    let environment = RunSettings.processEnvironment
    let directory = try RunSettings.usedCacheDirectory(cacheDir, environment)
    switch action {
    case .list: StatusCommand.show(RecoverableFile.all(in: directory).filter { !$0.isRunning })
    case .discard:
      for name in RecoverableFile.discard(in: directory) { StandardOutput.show("discarded \(name)") }
    case .apply:
      guard try apply(directory, environment) == 0 else { throw ExitCode(1) }
    }
  }

  /// Returns how many files remain.
  private func apply(_ directory: String, _ environment: [String: String]) throws -> Int {
    var options = FileSystemOptions()
    options.cacheDirectory = directory
    let connection = ConnectionSettings(
      endpoint: s3.given.endpoint, region: s3.given.region, profile: s3.given.profile)
    let log = Logger(label: "localstackmount")
    let outcome = OneShot<Result<Int, StartFailure>>()
    Task { [options] in
      do throws(StartFailure) {
        let fileSystem = try await Wiring.connect(connection, options, environment)
        let recovery = Recovery(fileSystem, log: log)
        await recovery.settle()
        outcome.set(.success(await recovery.uploadFiles(force: true)))
      } catch { outcome.set(.failure(error)) }
    }
    do throws(StartFailure) {
      let left = try outcome.wait().get()
      for file in RecoverableFile.all(in: directory) where !file.isRunning {
        let owner = file.endpoint.isEmpty ? "an endpoint that nobody knows" : file.endpoint
        log.warning("\(file.name) is still unsaved; it belongs to \(owner), bytes in \(file.path)")
      }
      return left
    } catch {
      log.error("\(error.message)")
      return 1
    }
  }
}
