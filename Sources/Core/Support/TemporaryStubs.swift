final class SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
  func run(_ key: Key, _ body: @escaping @Sendable () async throws(Failure) -> Value) async throws(Failure) -> Value {
    try await body()
  }
}
enum MediaType {
  static let directory = "application/x-directory"
  static func ofFile(named: String) -> String { "application/octet-stream" }
}
