internal import Core
internal import Logging

// The one place where the command meets the parts' own ways of being made.

enum Wiring {
  /// Connects, and checks that the endpoint answers and takes the credentials.
  static func connect(_ settings: RunSettings) async throws(StartFailure) -> FileSystem {
    do throws(FileSystemError) {
      return try await FileSystem.connect(
        ConnectionSettings(endpoint: settings.endpoint, region: settings.region, profile: settings.profile),
        options: settings.fileSystem, environment: settings.environment)
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
  /// "http://127.0.0.1:8080/".
  let address: String

  init(_ fileSystem: FileSystem, at address: HTTPAddress, credentials: Credentials?) throws(StartFailure) {
    throw StartFailure(message: "this build has no HTTP gateway yet")
  }

  func stop() {}
}
