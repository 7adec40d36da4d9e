/// The running localstackmounts of the same user and endpoint: they may hold files that are not in S3 yet, and have
/// cached what was there before.
package struct RunningMounts: Sendable {
  private let sockets: RunningSockets
  private let endpoint: String

  /// The limit of changes in one message.
  private static let changesAtOnce = 1000

  package init(_ sockets: RunningSockets, endpoint: String) {
    self.sockets = sockets
    self.endpoint = endpoint
  }

  /// Makes all of them save what is not in S3. `buckets` nil: in all buckets. `openFiles`: also what is written and not
  /// closed. Throws `.trouble` with the names of files that cannot be saved, and where one does not answer. Cost: none
  /// if none runs. Returns whether any does.
  @discardableResult
  package func flush(_ buckets: [String]?, openFiles: Bool = true) async throws(StateFailure) -> Bool {
    sockets.removeStale()
    let found = try sockets.connect(endpoint)
    let replies = try await concurrently(found, width: max(found.count, 1)) { socket throws(StateFailure) in
      try Self.ask(socket, .flush(buckets, openFiles: openFiles))
    }
    let unsaved = replies.flatMap { reply in reply.unsaved.map { (reply.process, $0) } }
    guard let (process, first) = unsaved.first else { return !found.isEmpty }
    let names = unsaved.map(\.1.uri).joined(separator: ", ")
    throw StateFailure(
      .trouble,
      "\(names) cannot be saved by the localstackmount that runs as process \(process): \(first.reason). Nothing was "
        + "compared or changed")
  }

  /// Makes all of them show changes of this process. Those that do not answer see them within their --ttl.
  package func show(_ changes: [EndpointChange]) async {
    guard !changes.isEmpty else { return }
    let found = (try? sockets.connect(endpoint)) ?? []
    _ = try? await concurrently(found, width: max(found.count, 1)) { socket throws(StateFailure) in
      for start in stride(from: 0, to: changes.count, by: Self.changesAtOnce) {
        let part = Array(changes[start..<min(start + Self.changesAtOnce, changes.count)])
        _ = try Self.ask(socket, .learn(part))
      }
    }
  }

  private static func ask(_ socket: LocalSocket, _ request: RunningRequest) throws(StateFailure) -> RunningReply {
    guard socket.send(request.json) else { throw silent(socket) }
    while true {
      if Task.isCancelled { throw .interrupted }
      guard let json = socket.receive() else {
        // It has just ended, after saving its files.
        if socket.isClosed { return RunningReply(process: 0) }
        throw silent(socket)
      }
      if let reply = RunningReply(json) { return reply }
      guard json == RunningReply.working else { throw silent(socket) }
    }
  }

  private static func silent(_ socket: LocalSocket) -> StateFailure {
    let process = socket.peer.map { "process \($0.process)" } ?? "another process"
    return StateFailure(
      .trouble,
      "the localstackmount that runs as \(process) does not answer: what it holds is not known. End it, or wait")
  }
}
