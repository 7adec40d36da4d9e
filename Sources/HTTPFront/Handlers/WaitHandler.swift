import Core

/// Answers requests that wait for an object, for objects that match a pattern, or for their absence.
struct WaitHandler: Sendable {
  /// The result of one check of the path.
  private enum Look {
    case met(Response)
    /// Not met: the error to answer if the time is over now.
    case open(HTTPError)
    /// The object exists, and is the version that the client has.
    case unchanged(Response)
    /// S3 did not answer; it may do so soon.
    case failed(HTTPError)
  }

  /// How often to check again while S3 does not answer: no change would wake the wait.
  private static let retryInterval = Duration.seconds(1)
  /// The minimum time for one scan of the keys of a pattern, however short the wait is.
  private static let shortestLook = Duration.seconds(1)

  let fileSystem: FileSystem
  let live: LiveExchanges
  let pages: PageSettings

  private var reads: ReadHandler { ReadHandler(fileSystem: fileSystem) }
  private var lists: ListHandler { ListHandler(fileSystem: fileSystem, pages: pages) }

  /// `?wait=`: answers like GET as soon as the object exists (with If-None-Match: as soon as it is another version), or
  /// the directory, or enough objects that match a pattern; with `&gone` as soon as none does.
  /// When the time is over: 404; 304 for the same version; 409 if something still exists.
  func answer(_ wait: Wait, _ request: Request) async throws -> Response {
    let path = wait.path
    let deadline = ContinuousClock.now + wait.limit
    let pattern = wait.count == nil ? KeyPattern(path) : KeyPattern(path) ?? KeyPattern(below: path)
    var subscription: ChangeSubscription?
    defer { if let subscription { live.end(subscription) } }
    while true {
      try Task.checkCancellation()
      let look = try await look(at: path, pattern, wait, request, until: max(deadline, .now + Self.shortestLook))
      let rest = deadline - .now
      switch look {
      case .met(let response): return response
      case .unchanged(let response) where rest <= .zero: return response
      case .open(let refusal) where rest <= .zero, .failed(let refusal) where rest <= .zero: throw refusal
      case .open, .failed, .unchanged: break
      }
      if subscription?.hasEnded ?? false { throw HTTPError(503, "The gateway is shutting down.") }
      guard let subscription else {
        // Check once more: a change between the check and the subscription would be missed.
        subscription = try await follow(path, pattern, within: rest)
        if let subscription { live.add(subscription) }
        continue
      }
      if case .failed = look {
        _ = await subscription.nextAll(within: min(rest, Self.retryInterval))
      } else {
        _ = await subscription.nextAll(within: rest)
      }
    }
  }

  /// Subscribes to changes. Returns `nil` after a while if S3 does not answer.
  private func follow(
    _ path: ObjectPath, _ pattern: KeyPattern?, within rest: Duration
  ) async throws -> ChangeSubscription? {
    do throws(FileSystemError) {
      if let pattern { return try await fileSystem.byKey.watch(pattern) }
      return try await fileSystem.byKey.watch(name: path)
    } catch {
      guard error.isPassing else { throw error }
      try await Task.sleep(for: min(rest, Self.retryInterval))
      return nil
    }
  }

  private func look(
    at path: ObjectPath, _ pattern: KeyPattern?, _ wait: Wait, _ request: Request,
    until deadline: ContinuousClock.Instant
  ) async throws -> Look {
    do {
      // A key that looks like a pattern is that key, if it exists.
      let place = wait.count == nil ? try await present(path) : nil
      if let place { return try await look(at: path, place, wait, request) }
      guard let pattern else {
        if wait.isGone { return .met(Self.gone) }
        return .open(HTTPError(404, "Nothing appeared at \(path) within the time of ?wait=."))
      }
      let found = try await fileSystem.byKey.objects(matching: pattern, until: deadline)
      if wait.isGone {
        return found.isEmpty ? .met(Self.gone) : .open(HTTPError(409, "\(found.count) objects still exist."))
      }
      let wanted = wait.count ?? 1
      if found.count >= wanted { return .met(Self.list(found, matching: path, wait.format)) }
      return .open(HTTPError(404, "\(found.count) of \(wanted) objects appeared within the time of ?wait=."))
    } catch let error as FileSystemError where error.isPassing {
      return .failed(HTTPError(error))
    } catch let error as FileSystemError where error.code == .interrupted {
      return .open(HTTPError(wait.isGone ? 409 : 404, "Not all keys could be looked at within the time of ?wait=."))
    }
  }

  private func look(at path: ObjectPath, _ place: Located, _ wait: Wait, _ request: Request) async throws -> Look {
    if wait.isGone { return .open(HTTPError(409, "\(path) still exists.")) }
    guard case .object(let info) = place else { return .met(try await lists.list(path, wait.format, request)) }
    if let tags = try EntityTags.named("If-None-Match", in: request.headers), tags.matchesWeakly(info.etag) {
      return .unchanged(ReadHandler.notModified(info))
    }
    return .met(try await reads.read(path, request, by: nil))
  }

  /// Returns what is at the path; `nil` for a directory that is named without its slash.
  private func present(_ path: ObjectPath) async throws(FileSystemError) -> Located? {
    do throws(FileSystemError) {
      let place = try await fileSystem.byKey.locate(path, freshness: .now)
      if case .directory = place, !path.isDirectory { return nil }
      return place
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  private static var gone: Response { Response(204, headers: ["Cache-Control": "no-store"]) }

  private static func list(_ found: [ListedEntry], matching path: ObjectPath, _ format: ListingFormat) -> Response {
    var headers: Headers = ["Vary": "Accept"]
    headers.addListingPolicy()
    switch format {
    case .json:
      let members: [(String, JSON)] = [
        ("path", .string(path.description)), ("matches", .array(found.map(\.json))), ("truncated", .bool(false)),
      ]
      return .json(200, .object(members), headers: headers)
    case .lines, .names, .page:
      // One path per line for clients that do not accept JSON: there is no page of matches.
      let form = format == .lines ? format : .names
      let bytes = found.reduce(into: [UInt8]()) { $0 += form.line($1, named: $1.path.description) }
      return .content(200, type: form.contentType, bytes, headers: headers)
    }
  }
}

extension FileSystemError {
  /// Whether S3 failed or did not answer, which may be temporary.
  fileprivate var isPassing: Bool { code == .timedOut || code == .ioFailure }
}

// MARK: Verbs

/// `GET ?wait=`.
struct Wait: Action {
  let path: ObjectPath
  var limit: Duration
  /// The minimum number of objects that match a pattern or are below a directory.
  var count: Int?
  /// Whether to wait until there is none.
  var isGone = false
  var format = ListingFormat.page

  var directory: ObjectPath? { path.isDirectory ? path : nil }

  func answer(in context: ActionContext) async throws -> Response {
    try await WaitHandler(fileSystem: context.fileSystem, live: context.parts.live, pages: context.parts.pages)
      .answer(self, context.request)
  }
}

extension Wait {
  private static let longest = Duration.seconds(600)

  init(_ call: Call) throws(HTTPError) {
    // An object is sent as stored, whatever the client accepts.
    let isSeveral = KeyPattern(call.path) != nil || call.path.isDirectory
    self.init(path: call.path, limit: try Self.time(call.value("wait") ?? ""), isGone: try call.flag("gone"))
    if isSeveral, !isGone { format = try call.listingFormat() }
    if let text = try call.option("count") {
      guard let count = Int(text), count > 0, isSeveral, !path.isRoot else {
        throw HTTPError(400, "?count= is a number from 1, for a pattern such as *.csv or for all below a directory.")
      }
      self.count = count
    }
    if isGone, count != nil || path.isRoot {
      throw HTTPError(400, "&gone excludes &count=, and the root never goes.")
    }
    if call.request.headers["If-None-Match"] != nil, isSeveral || isGone {
      throw HTTPError(400, "If-None-Match waits for another version of one object.")
    }
  }

  /// Parses `30s`, `500ms`, `2m`; a bare number means seconds.
  private static func time(_ text: String) throws(HTTPError) -> Duration {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let units: [Substring: Duration] = ["": .seconds(1), "s": .seconds(1), "ms": .milliseconds(1), "m": .seconds(60)]
    guard let count = Int32(digits), let unit = units[text[digits.endIndex...]], unit * Int(count) <= longest else {
      throw HTTPError(400, "?wait= is a time up to 10 minutes, as in ?wait=30s, ?wait=500ms or ?wait=2m.")
    }
    return unit * Int(count)
  }
}

extension WaitHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: .everywhere, verb: "wait", options: HTTPEndpoint.listingFormats + ["count", "gone"],
      takesValue: true, summary: "Answers once it exists", example: "wait=1ms"
    ) { call throws(HTTPError) in try Wait(call) }
  ]
}
