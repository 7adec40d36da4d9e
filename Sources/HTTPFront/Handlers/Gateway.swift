import Core
import Logging

/// The gateway: what its handlers share.
struct Gateway: Sendable {
  let fileSystem: FileSystem
  let options: HTTPServerOptions
  let policy: AccessPolicy
  let metrics = RequestMetrics()
  let endpointHealth: EndpointHealth
  let live: LiveExchanges
  let log = Logger(label: "http")

  init(fileSystem: FileSystem, options: HTTPServerOptions, live: LiveExchanges) {
    self.live = live
    self.fileSystem = fileSystem
    self.options = options
    endpointHealth = EndpointHealth { () async throws(FileSystemError) in try await fileSystem.checkEndpoint() }
    policy = AccessPolicy(
      hosts: options.listen.isLoopback ? Self.loopbackNames(options.listen) : nil,
      credentials: options.credentials.map { BasicCredentials(user: $0.user, password: $0.password) },
      passwords: options.passwords, allowedOrigins: Set(options.allowedOrigins.map(\.lowercasedASCII)),
      readOnly: options.readOnly || fileSystem.options.readOnly)
  }

  private static func loopbackNames(_ address: ListenAddress) -> Set<String> {
    var names: Set = ["localhost", "127.0.0.1", "[::1]"]
    if let host = address.host { names.insert(host.contains(":") ? "[\(host)]" : host.lowercasedASCII) }
    return names
  }
}
