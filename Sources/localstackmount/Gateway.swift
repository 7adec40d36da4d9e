internal import Core
private import Glibc
internal import HTTPFront
internal import Logging

/// The HTTP front end.
final class Gateway: Sendable {
  private let server: HTTPServer
  private let scheme: String
  private let log: Logger

  init(
    _ fileSystem: FileSystem, _ settings: RunSettings, at address: ListenAddress, _ metrics: StoreMetrics, _ log: Logger
  ) throws(StartFailure) {
    self.log = log
    scheme = settings.gateway.tlsCert == nil ? "http" : "https"
    do throws(HTTPServerError) {
      let options = try Self.options(fileSystem, settings, at: address, metrics, log)
      server = HTTPServer(fileSystem: fileSystem, options: options)
      try server.start()
    } catch { throw StartFailure(message: error.message) }
    if !address.isLoopback && settings.credentials == nil && settings.gateway.authFile == nil {
      log.warning(
        "anyone who can reach \(server.address) can read and change the buckets: set --auth USER:PASSWORD")
    }
  }

  private static func options(
    _ fileSystem: FileSystem, _ settings: RunSettings, at address: ListenAddress, _ metrics: StoreMetrics,
    _ log: Logger
  ) throws(HTTPServerError) -> HTTPServerOptions {
    var options = HTTPServerOptions(listen: address)
    options.credentials = settings.credentials.map { ($0.user, $0.password) }
    options.readOnly = settings.fileSystem.readOnly
    options.version = version
    options.endpointDescription = fileSystem.endpointDescription.description
    options.storeMetrics = metrics
    options.snapshots = GatewaySnapshots(fileSystem, settings, log)
    let chosen = settings.gateway
    options.pathPrefix = chosen.pathPrefix.path
    options.allowedOrigins = chosen.cors.map(\.text)
    if let path = chosen.authFile { try options.setPasswords(fromFile: try text(of: path)) }
    if let certificate = chosen.tlsCert, let key = chosen.tlsKey {
      options.tls = (try text(of: certificate), try text(of: key))
    }
    if let seconds = chosen.idleTimeout { options.idleTimeout = seconds }
    if let path = chosen.accessLog { options.accessLog = try AccessLog(path: path) }
    return options
  }

  /// The longest certificate or password file, in bytes.
  private static let longestFile = 1 << 20

  private static func text(of path: String) throws(HTTPServerError) -> String {
    guard let file = fopen(path, "re") else {
      throw HTTPServerError("Cannot read \(path): \(String(cString: strerror(errno))).")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: longestFile)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count > 0, let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw HTTPServerError("\(path) is empty or not a text.")
    }
    return text
  }

  /// A URL that can be opened, "http://localhost:8080/", or "unix:/path".
  var address: String {
    let address = server.reachableAddress
    return address.hasPrefix("unix:") ? address : "\(scheme)://\(address)/"
  }

  func stop() { server.stop() }
}
