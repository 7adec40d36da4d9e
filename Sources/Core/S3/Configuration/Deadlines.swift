/// How long the client waits before it gives up. No request waits longer.
public struct Deadlines: Hashable, Sendable {
  /// For a connection to be made.
  public var connect: Duration = .seconds(5)
  /// For a small request, from the call to the answer, retries included.
  public var request: Duration = .seconds(15)
  /// For the next byte of an object's body, either way.
  public var stall: Duration = .seconds(30)
  /// For the server's own work on large objects (copying, completing a multipart upload), during which it may be silent.
  public var serverWork: Duration = .seconds(300)

  public init() {}

  /// All in the proportion of the defaults.
  public init(request: Duration) {
    self.init(connect: request / 3, request: request, stall: request * 2, serverWork: request * 20)
  }

  public init(connect: Duration, request: Duration, stall: Duration, serverWork: Duration) {
    self.connect = connect
    self.request = request
    self.stall = stall
    self.serverWork = serverWork
  }
}
