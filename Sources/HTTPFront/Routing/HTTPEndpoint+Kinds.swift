import Archive
import Core

// Groups of similar endpoints, and the parsing of their queries.

extension HTTPEndpoint {
  static func forObjects(_ title: String) -> Elsewhere {
    Elsewhere(status: 400, sentence: "\(title) is for objects, not for directories.")
  }

  private static func forDirectories(_ verb: String) -> Elsewhere {
    Elsewhere(status: 409, sentence: "?\(verb) is for directories: their URLs end in a slash.")
  }

  /// `?zip` and `?tar`: GET packs everything, POST what its body names. Neither changes anything.
  static func archive(
    _ method: String, _ format: ArchiveFormat, summary: String, route: @escaping @Sendable (ObjectPath) -> Route
  ) -> HTTPEndpoint {
    HTTPEndpoint(
      method: method, places: Place.directories, verb: format.rawValue, summary: summary, example: format.rawValue,
      elsewhere: forDirectories(format.rawValue)
    ) { route($0.path) }
  }

  static func unpacking(
    _ verb: String, summary: String, route: @escaping @Sendable (ObjectPath) -> Route
  ) -> HTTPEndpoint {
    HTTPEndpoint(
      method: "POST", places: Place.directories, verb: verb, changes: .something, summary: summary, example: verb,
      elsewhere: forDirectories(verb)
    ) { route($0.path) }
  }

  /// `?move=` and `?copy=`.
  static func relocation(_ verb: String, summary: String, removesSource: Bool) -> HTTPEndpoint {
    let elsewhere = Elsewhere(
      status: 409, sentence: "A bucket cannot be moved or copied as a whole; move or copy what is in it.")
    return HTTPEndpoint(
      method: "POST", places: [.directory, .object], verb: verb, options: ["replace"], changes: .something,
      summary: summary, example: "\(verb)=/box/new&replace", elsewhere: elsewhere
    ) { call throws(HTTPError) in
      // Location and the links of listings begin with --path-prefix.
      guard let destination = call.value(verb).map(URLPrefix.stripped), var place = ObjectPath(urlPath: destination),
        !place.isRoot
      else {
        throw HTTPError(400, "The destination must be a path from the root: ?\(verb)=/bucket/name.")
      }
      if call.path.isDirectory {
        place = place.asDirectory
      } else if place.isDirectory {
        place = place.child(call.path.name)
      }
      return .relocate(
        call.path, to: place, removesSource: removesSource, replaces: try call.flag("replace"))
    }
  }
}

extension Call {
  /// The query as sent, with its question mark.
  var rawQuery: String {
    request.target.utf8.firstIndex(of: UInt8(ascii: "?")).map { String(request.target[$0...]) } ?? ""
  }

  /// Returns the value of `version`, or of S3's name `versionId`.
  func versionID() throws(HTTPError) -> String {
    let ids = ["version", "versionId"].filter(target.has).map { value($0) ?? "" }
    guard let id = ids.first, !id.isEmpty, Set(ids).count == 1 else {
      throw HTTPError(400, "?version= names a version, as ?versions lists them.")
    }
    return id
  }

  /// The validity of presigned URLs, in seconds.
  private static let defaultValidity = 3600
  private static let longestValidity = 604_800

  func validity() throws(HTTPError) -> Int {
    let text = value("expires") ?? "\(Self.defaultValidity)"
    guard let seconds = Int(text), (1...Self.longestValidity).contains(seconds) else {
      throw HTTPError(400, "?expires= is a number of seconds from 1 to \(Self.longestValidity).")
    }
    return seconds
  }

  func wait() throws(HTTPError) -> Wait {
    // An object is sent as stored, whatever the client accepts.
    let isSeveral = KeyPattern(path) != nil || path.isDirectory
    var wait = Wait(limit: try waitingTime(), isGone: try flag("gone"))
    if isSeveral, !wait.isGone { wait.format = try listingFormat() }
    if let text = value("count") {
      guard let count = Int(text), count > 0, isSeveral, !path.isRoot else {
        throw HTTPError(400, "?count= is a number from 1, for a pattern such as *.csv or for all below a directory.")
      }
      wait.count = count
    } else if target.has("count") {
      throw HTTPError(400, "?count= is a number from 1.")
    }
    if wait.isGone, wait.count != nil || path.isRoot {
      throw HTTPError(400, "&gone excludes &count=, and the root never goes.")
    }
    if request.headers["If-None-Match"] != nil, isSeveral || wait.isGone {
      throw HTTPError(400, "If-None-Match waits for another version of one object.")
    }
    return wait
  }

  private static let longestWait = Duration.seconds(600)

  /// Parses `30s`, `500ms`, `2m`; a bare number means seconds.
  private func waitingTime() throws(HTTPError) -> Duration {
    let text = value("wait") ?? ""
    let digits = text.prefix { ("0"..."9").contains($0) }
    let units: [Substring: Duration] = ["": .seconds(1), "s": .seconds(1), "ms": .milliseconds(1), "m": .seconds(60)]
    guard let count = Int32(digits), let unit = units[text[digits.endIndex...]],
      unit * Int(count) <= Self.longestWait
    else {
      throw HTTPError(400, "?wait= is a time up to 10 minutes, as in ?wait=30s, ?wait=500ms or ?wait=2m.")
    }
    return unit * Int(count)
  }
}
