import CMicrohttpd
import Glibc
import Synchronization

/// libmicrohttpd on one listening socket, with its own threads.
final class Daemon: Sendable {
  /// Valid from start to stop. libmicrohttpd's functions on a daemon may be called from any thread.
  private struct Pointer: @unchecked Sendable { let daemon: OpaquePointer }

  /// The state that the callbacks get through their context pointer.
  final class Context: Sendable {
    let handler: any ExchangeHandler
    let live: LiveExchanges
    let connections: Connections
    /// Whether to close new connections at once.
    let isEnding = Atomic(false)
    /// In seconds, of `HTTPServerOptions`.
    private let headerTimeout, idleTimeout: UInt32

    init(handler: any ExchangeHandler, live: LiveExchanges, connections: Connections, options: HTTPServerOptions) {
      self.handler = handler
      self.live = live
      self.connections = connections
      headerTimeout = UInt32(clamping: options.headerTimeout)
      idleTimeout = UInt32(clamping: options.idleTimeout)
    }

    /// Sets a connection's timeout: long during a request, short between two requests.
    func setTimeout(of connection: OpaquePointer?, isUnderWay: Bool) {
      cmicrohttpd_set_timeout(connection, isUnderWay ? idleTimeout : headerTimeout)
    }
  }

  private static let threads = 2
  /// Memory per connection, in bytes, for the heads of a request and its answer. libmicrohttpd answers 431 to longer heads;
  /// `AccessPolicy` refuses those above 16 KiB. More than 32 KiB makes small requests much slower.
  private static let connectionMemory = 32 << 10

  private let pointer: Pointer
  private let context: Unmanaged<Context>

  /// Takes over the socket, even if it throws: libmicrohttpd closes a listening socket when it does not start, too.
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
      item(.CONNECTION_TIMEOUT, options.headerTimeout),
      // 0: requests that are refused with 1 (no Host, blanks in the request line) are answered by libmicrohttpd with
      // its head twice, and we refuse them ourselves.
      item(.STRICT_FOR_CLIENT, 0),
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
    return cmicrohttpd_start(flags, accepts, access, context, &items)
  }

  private static func item(
    _ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil
  ) -> MHD_OptionItem { MHD_OptionItem(option: option, value: value, ptr_value: pointer) }

  /// Stops accepting; existing connections continue. Does not use MHD_quiesce_daemon, which aborts the process if one of
  /// its threads, waking at this moment, removes the listening socket from its epoll set first (daemon.c, 0.9.75).
  func quiesce() { context.takeUnretainedValue().isEnding.store(true, ordering: .relaxed) }

  /// Ends all threads. Every suspended connection must have been resumed before. libmicrohttpd closes the listening socket.
  func stop() {
    MHD_stop_daemon(pointer.daemon)
    context.release()
  }

  // MARK: Callbacks

  private static let accepts:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<sockaddr>?, socklen_t) -> MHD_Result = { context, _, _ in
      guard let context else { return .NO }
      return Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().isEnding.load(ordering: .relaxed)
        ? .NO : .YES
    }

  /// Called with the request line. Only here is the target unchanged; later libmicrohttpd unescapes it in place.
  private static let requestLine:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? = { context, target, connection in
      guard let context, let target, let connection else { return nil }
      let daemon = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
      let exchange = Exchange(
        target: RawTarget(target), connection: connection, peer: peer(of: connection), handler: daemon.handler)
      daemon.live.insert(exchange)
      return Unmanaged.passRetained(exchange).toOpaque()
    }

  private static let access: MHD_AccessHandlerCallback = {
    context, connection, _, method, version, data, size, exchange in
    guard let exchange = exchange?.pointee, let method, let size else { return .NO }
    let request = Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue()
    guard size.pointee > 0 else {
      if let context, let peer = peer(of: connection) {
        Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().connections.asks(peer)
      }
      if request.begins(method: method, version: version), let context {
        Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().setTimeout(of: connection, isUnderWay: true)
      }
      return request.called()
    }
    defer { size.pointee = 0 }
    return request.received(UnsafeRawBufferPointer(start: data, count: size.pointee))
  }

  private static let completed: MHD_RequestCompletedCallback = { context, connection, exchange, how in
    guard let context, let owned = exchange?.pointee else { return }
    exchange?.pointee = nil
    let daemon = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
    if let peer = peer(of: connection) { daemon.connections.isAnswered(peer) }
    // Else the connection ends.
    if how == .REQUEST_TERMINATED_COMPLETED_OK { daemon.setTimeout(of: connection, isUnderWay: false) }
    let request = Unmanaged<Exchange>.fromOpaque(owned).takeRetainedValue()
    daemon.live.remove(request)
    request.completed()
  }

  /// Called when a connection was accepted, and before it is closed.
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
