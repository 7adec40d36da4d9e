import CMicrohttpd
import Glibc
import Synchronization

/// libmicrohttpd on one listening socket, with its own threads.
final class Daemon: Sendable {
  /// Valid from start to stop. libmicrohttpd's functions on a daemon may be called from any thread.
  private struct Pointer: @unchecked Sendable { let daemon: OpaquePointer }

  /// What the callbacks find behind their context pointer.
  final class Context: Sendable {
    let handler: any ExchangeHandler
    let live: LiveExchanges
    let connections: Connections

    init(handler: any ExchangeHandler, live: LiveExchanges, connections: Connections) {
      self.handler = handler
      self.live = live
      self.connections = connections
    }
  }

  private static let threads = 2
  /// Holds a request's headers too: longer ones are answered 431. More than 32 KiB makes small requests much slower.
  private static let connectionMemory = 32 << 10

  private let pointer: Pointer
  private let context: Unmanaged<Context>
  private let socket: Int32

  init(socket: Int32, context: Context, options: HTTPServerOptions) throws(HTTPServerError) {
    let context = Unmanaged.passRetained(context)
    let limit = context.takeUnretainedValue().connections.limit
    guard let daemon = Self.start(socket: socket, context: context.toOpaque(), limit: limit, options: options) else {
      context.release()
      throw HTTPServerError(
        "The HTTP server did not start: "
          + (options.tls == nil
            ? "out of threads or file descriptors (see ulimit -n)." : "are --tls-cert and --tls-key PEM and a pair?"))
    }
    self.context = context
    self.socket = socket
    pointer = Pointer(daemon: daemon)
  }

  private static func start(
    socket: Int32, context: UnsafeMutableRawPointer, limit: Int, options: HTTPServerOptions
  ) -> OpaquePointer? {
    var items = [
      item(.EXTERNAL_LOGGER, cmicrohttpd_silent_logger()),
      item(.LISTEN_SOCKET, Int(socket)),
      item(.THREAD_POOL_SIZE, threads),
      item(.CONNECTION_MEMORY_LIMIT, connectionMemory),
      item(.CONNECTION_LIMIT, limit),
      item(.CONNECTION_TIMEOUT, options.idleTimeout),
      // 1: HTTP/1.1 without Host, and blanks in the request line, are refused.
      item(.STRICT_FOR_CLIENT, 1),
      item(.URI_LOG_CALLBACK, cmicrohttpd_uri_logger(requestLine), context),
      item(.NOTIFY_COMPLETED, cmicrohttpd_completed(completed), context),
      item(.NOTIFY_CONNECTION, cmicrohttpd_notify_connection(connectionChanged), context),
    ]
    var flags =
      MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_USE_SUSPEND_RESUME.rawValue | MHD_USE_ERROR_LOG.rawValue
    // libmicrohttpd reads both while it starts.
    let secrets = options.tls.map { [strdup($0.certificate), strdup($0.key)] } ?? []
    defer { for secret in secrets { free(secret) } }
    if secrets.count == 2 {
      flags |= MHD_USE_TLS.rawValue
      items += [item(.HTTPS_MEM_CERT, 0, secrets[0]), item(.HTTPS_MEM_KEY, 0, secrets[1])]
    }
    items.append(item(.END, 0))
    return cmicrohttpd_start(flags, access, context, &items)
  }

  private static func item(
    _ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil
  ) -> MHD_OptionItem { MHD_OptionItem(option: option, value: value, ptr_value: pointer) }

  /// No new connections; those that there are go on.
  func quiesce() { MHD_quiesce_daemon(pointer.daemon) }

  /// Every suspended connection must have been resumed before.
  func stop() {
    MHD_stop_daemon(pointer.daemon)
    close(socket)
    context.release()
  }

  // MARK: Callbacks

  /// Called with the request line. Only here is the target as the client sent it; later it is unescaped in place.
  private static let requestLine:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? = { context, target, connection in
      guard let context, let target, let connection else { return nil }
      let daemon = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
      let exchange = Exchange(
        target: String(cString: target), connection: connection, handler: daemon.handler)
      daemon.live.insert(exchange)
      return Unmanaged.passRetained(exchange).toOpaque()
    }

  private static let access: MHD_AccessHandlerCallback = { context, connection, _, method, _, data, size, exchange in
    guard let exchange = exchange?.pointee, let method, let size else { return .NO }
    let request = Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue()
    guard size.pointee > 0 else {
      if let context, let peer = peer(of: connection) {
        Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().connections.asks(peer)
      }
      return request.called(method: String(cString: method))
    }
    defer { size.pointee = 0 }
    return request.received(UnsafeRawBufferPointer(start: data, count: size.pointee))
  }

  private static let completed: MHD_RequestCompletedCallback = { context, connection, exchange, _ in
    guard let context, let owned = exchange?.pointee else { return }
    exchange?.pointee = nil
    let daemon = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
    if let peer = peer(of: connection) { daemon.connections.isAnswered(peer) }
    let request = Unmanaged<Exchange>.fromOpaque(owned).takeRetainedValue()
    daemon.live.remove(request)
    request.completed()
  }

  /// A connection came or is about to be closed.
  private static let connectionChanged: MHD_NotifyConnectionCallback = { context, connection, place, what in
    guard let context, let place else { return }
    let connections = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().connections
    switch what {
    case .CONNECTION_NOTIFY_STARTED:
      place.pointee = Unmanaged.passRetained(connections.opened(cmicrohttpd_socket(connection))).toOpaque()
    case .CONNECTION_NOTIFY_CLOSED:
      guard let owned = place.pointee else { return }
      place.pointee = nil
      connections.closed(Unmanaged<Connections.Peer>.fromOpaque(owned).takeRetainedValue())
    @unknown default: return
    }
  }

  private static func peer(of connection: OpaquePointer?) -> Connections.Peer? {
    cmicrohttpd_socket_context(connection).map {
      Unmanaged<Connections.Peer>.fromOpaque($0).takeUnretainedValue()
    }
  }
}
