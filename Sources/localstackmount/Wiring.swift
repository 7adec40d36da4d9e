internal import Core
internal import HTTPFront
internal import Logging

// The one place where the command meets the parts' own ways of being made.

enum Wiring {
  /// Connects, and checks that the endpoint answers and takes the credentials.
  static func connect(_ settings: RunSettings) async throws(StartFailure) -> FileSystem {
    try await connect(
      ConnectionSettings(
        endpoint: settings.endpoint, region: settings.region, profile: settings.profile, timeout: settings.timeout),
      settings.fileSystem, settings.environment)
  }

  static func connect(
    _ connection: ConnectionSettings, _ options: FileSystemOptions, _ environment: [String: String]
  ) async throws(StartFailure) -> FileSystem {
    do throws(FileSystemError) {
      return try await FileSystem.connect(connection, options: options, environment: environment)
    } catch {
      throw StartFailure(message: error.message)
    }
  }

  /// The endpoint and region as shown to the user, without secrets.
  static func description(of fileSystem: FileSystem) -> String {
    fileSystem.endpointDescription.description
  }

  /// The source as /proc/mounts and `df` show it.
  static func sourceName(of fileSystem: FileSystem) -> String { fileSystem.endpointDescription.url }
}

/// The HTTP front.
final class Gateway: Sendable {
  private let server: HTTPServer
  private let log: Logger

  init(_ fileSystem: FileSystem, _ settings: RunSettings, at address: ListenAddress, _ log: Logger) throws(StartFailure)
  {
    var options = HTTPServerOptions(listen: address)
    options.credentials = settings.credentials.map { ($0.user, $0.password) }
    options.readOnly = settings.fileSystem.readOnly
    options.version = version
    options.endpointDescription = fileSystem.endpointDescription.description
    server = HTTPServer(fileSystem: fileSystem, options: options)
    self.log = log
    do throws(HTTPServerError) { try server.start() } catch { throw StartFailure(message: error.message) }
    if !address.isLoopback && settings.credentials == nil {
      log.warning(
        "everybody who can reach \(server.address) can read and change the buckets: give --auth USER:PASSWORD")
    }
  }

  /// "http://localhost:8080/".
  var address: String { "http://\(server.address)/" }

  func stop() { server.stop() }
}
