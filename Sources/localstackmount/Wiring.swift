internal import Core
internal import HTTPFront
internal import Logging

// The only place where the command uses the parts' own initializers.

enum Wiring {
  /// Connects, and checks that the endpoint answers and accepts the credentials.
  static func connect(
    _ settings: RunSettings, counting metrics: StoreMetrics
  ) async throws(StartFailure) -> FileSystem {
    try await connect(
      ConnectionSettings(
        endpoint: settings.endpoint, region: settings.region, profile: settings.profile, timeout: settings.timeout),
      settings.fileSystem, settings.environment, onRequest: { metrics.count($0) })
  }

  static func connect(
    _ connection: ConnectionSettings, _ options: FileSystemOptions, _ environment: [String: String],
    onRequest: (@Sendable (StoreRequest) -> Void)? = nil
  ) async throws(StartFailure) -> FileSystem {
    do throws(FileSystemError) {
      return try await FileSystem.connect(connection, options: options, environment: environment, onRequest: onRequest)
    } catch {
      throw StartFailure(message: error.message)
    }
  }

  /// Returns the endpoint and region as shown to the user, without secrets.
  static func description(of fileSystem: FileSystem) -> String {
    fileSystem.endpointDescription.description
  }

  /// Returns the source as /proc/mounts and `df` show it.
  static func sourceName(of fileSystem: FileSystem) -> String { fileSystem.endpointDescription.url }
}

/// The reason why the start failed: one line with the fault and the remedy.
struct StartFailure: Error, CustomStringConvertible {
  let message: String

  var description: String { message }
}
