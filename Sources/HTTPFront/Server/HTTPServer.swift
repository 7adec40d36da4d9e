public import Core
import Glibc
import Logging
import Synchronization

/// The HTTP gateway: browse and edit buckets with a browser or with curl.
public final class HTTPServer: Sendable {
  private struct Running {
    var daemons: [Daemon] = []
    var address = ""
    var reachableAddress = ""
  }

  private let fileSystem: FileSystem
  private let options: HTTPServerOptions
  private let live = LiveExchanges()
  private let running = Mutex(Running())

  public init(fileSystem: FileSystem, options: HTTPServerOptions) {
    self.fileSystem = fileSystem
    self.options = options
  }

  /// Starts listening. Throws the reason and the remedy if that is not possible.
  public func start() throws(HTTPServerError) {
    let (sockets, bound) = try ListenSocket.open(options.listen)
    let gateway = Gateway(fileSystem: fileSystem, options: options, live: live)
    let connections = Connections(limit: Connections.affordable(options.connectionLimit))
    let context = Daemon.Context(handler: gateway, live: live, connections: connections, options: options)
    var daemons: [Daemon] = []
    for (index, socket) in sockets.enumerated() {
      do {
        daemons.append(try Daemon(socket: socket, context: context, options: options))
      } catch {
        for rest in sockets[(index + 1)...] { close(rest) }
        for daemon in daemons { daemon.stop() }
        throw error
      }
    }
    let host = options.listen.host ?? "localhost"
    func text(_ host: String) -> String {
      options.listen.unixPath.map { "unix:\($0)" } ?? ListenAddress.text(host: host, port: bound.port)
    }
    let (address, reachable) = (text(host), text(bound.isEverywhere ? "localhost" : host))
    running.withLock { $0 = Running(daemons: daemons, address: address, reachableAddress: reachable) }
  }

  /// The bound `host:port`, with the real port if port 0 was requested; empty before `start`.
  public var address: String { running.withLock { $0.address } }

  /// A `host:port` that clients on this machine can connect to: `address`, or localhost for every interface.
  public var reachableAddress: String { running.withLock { $0.reachableAddress } }

  /// Waits up to `stopGrace` for transfers in flight, then cancels them. Blocks until all threads have ended.
  public func stop() {
    let daemons = running.withLock { running in
      defer { running.daemons = [] }
      return running.daemons
    }
    guard !daemons.isEmpty else { return }
    for daemon in daemons { daemon.quiesce() }
    live.endSubscriptions()
    let deadline = ContinuousClock.now + options.stopGrace
    while live.count > 0, ContinuousClock.now < deadline { usleep(10_000) }
    live.abortAll()
    for daemon in daemons { daemon.stop() }
    if let path = options.listen.unixPath { unlink(path) }
  }
}
