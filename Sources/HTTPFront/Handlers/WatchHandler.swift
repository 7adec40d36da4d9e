import Core

/// Streams changes to clients as server-sent events.
struct WatchHandler: Sendable {
  /// How often a comment is sent, so that a client that went away is noticed and no proxy cuts an idle stream.
  private static let pingInterval = Duration.seconds(15)

  let fileSystem: FileSystem
  let live: LiveExchanges

  /// `?watch`: sends the changes in a directory (`&recursive`: anywhere below it).
  func watch(_ directory: ObjectPath, deep: Bool) async throws -> Response {
    _ = try await fileSystem.byKey.locate(directory, freshness: .now)
    let subscription = try await fileSystem.byKey.watch(directory, deep: deep)
    let stream = ResponseStream { [live] stream in
      live.add(subscription)
      defer { live.end(subscription) }
      // From here on every change is sent: clients read the listing after this event.
      try await stream.write(Array("retry: 1000\nevent: ready\ndata: {}\n\n".utf8))
      while true {
        let event = await subscription.next(within: Self.pingInterval)
        if let event {
          try await stream.write(event.text)
        } else if subscription.hasEnded {
          return
        } else {
          try await stream.write(Array(": ping\n\n".utf8))
        }
      }
    }
    let headers: Headers = [
      "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
      // nginx would buffer the events.
      "X-Accel-Buffering": "no",
    ]
    return Response(200, headers: headers, body: .stream(stream))
  }
}

extension ChangeSubscription.Event {
  /// The text of a server-sent event.
  fileprivate var text: [UInt8] {
    guard case .change(let change) = self else { return Array("event: overflow\ndata: {}\n\n".utf8) }
    return Array("event: \(change.kind.rawValue)\ndata: ".utf8) + change.json.encoded + [0x0A, 0x0A]
  }
}

extension ObjectChange {
  fileprivate var json: JSON {
    let type: JSON = path.isBucket ? "bucket" : path.isDirectory ? "directory" : "object"
    var members: [(String, JSON)] = [
      ("path", .string(path.description)), ("name", .string(path.name)), ("url", .string(path.urlPath)), ("type", type),
    ]
    if let size { members.append(("size", .number(size))) }
    if let modified { members.append(("modified", .string(HTTPDate.formatISO(modified)))) }
    if let etag { members.append(("etag", .string(etag.quoted))) }
    return .object(members)
  }
}

// MARK: Verbs

/// `GET ?watch`.
struct Watch: Action {
  let path: ObjectPath
  let deep: Bool

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await WatchHandler(fileSystem: context.fileSystem, live: context.parts.live).watch(path, deep: deep)
  }
}

extension WatchHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: .directories, verb: "watch", options: ["recursive"], summary: "Events of what changes",
      example: "watch",
      elsewhere: HTTPEndpoint.Elsewhere(
        status: 400, sentence: "?watch is for directories; ?wait=30s waits for one object.")
    ) { call throws(HTTPError) in Watch(path: call.path, deep: try call.flag("recursive")) }
  ]
}
