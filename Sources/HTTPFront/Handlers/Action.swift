import Core

/// What one request wants done: a verb, with its place and its values. An action is parsed by its row of the table of
/// endpoints, and stands in the file of its handler, beside that row.
protocol Action: Sendable, Equatable {
  /// The directory of a request that concerns all names in it; `nil` for a request that concerns one place.
  var directory: ObjectPath? { get }

  /// The subject of the conditions of a request that changes something; `nil` if it changes nothing.
  var subject: WriteConditions.Subject? { get }

  /// Returns whether the work, on one object, takes little time besides S3's (see `FileSystem.briefExecutor`).
  func isBrief(bodyLength: Int64?) -> Bool

  /// Answers the request. The conditions of the request are true.
  func answer(in context: ActionContext) async throws -> Response
}

extension Action {
  var directory: ObjectPath? { nil }
  var subject: WriteConditions.Subject? { nil }
  func isBrief(bodyLength: Int64?) -> Bool { false }
}

/// What an action answers with: the request, and the parts of the gateway.
struct ActionContext: Sendable {
  let parts: GatewayParts
  let request: Request
  let body: RequestBody
  /// The condition of the write to S3, as evaluated from those of the request.
  var condition = WriteCondition.none

  var fileSystem: FileSystem { parts.fileSystem }
}

/// The parts of a gateway that actions answer with.
struct GatewayParts: Sendable {
  let fileSystem: FileSystem
  let options: HTTPServerOptions
  let pages: PageSettings
  let live: LiveExchanges
  let requests: RequestMetrics
  /// Whether S3 answers, checked once for all who ask within a second.
  let endpoint: EndpointHealth

  init(
    fileSystem: FileSystem, options: HTTPServerOptions, pages: PageSettings, live: LiveExchanges,
    requests: RequestMetrics
  ) {
    self.fileSystem = fileSystem
    self.options = options
    self.pages = pages
    self.live = live
    self.requests = requests
    endpoint = EndpointHealth { () async throws(FileSystemError) in try await fileSystem.checkEndpoint() }
  }
}
