import Archive
import Core

/// Tells from method, target and headers what a request asks for.
enum Router {
  static func route(_ request: Request) throws(Refusal) -> Route {
    if request.target == "*" { return .options(allow: allowedAnywhere) }
    guard let target = Target(request.target) else {
      throw Refusal(400, "The URL has a malformed percent-escape, or its bytes are not UTF-8.")
    }
    if target.path == "/-" || target.path.hasPrefix("/-/") { return try ownRoute(request, target) }
    guard let path = ObjectPath(urlPath: target.path) else {
      throw Refusal(400, "A URL path is /bucket/key; this one has an empty bucket name.")
    }
    switch request.method {
    case "GET", "HEAD": return try readingRoute(request, target, path)
    case "PUT": return try puttingRoute(target, path)
    case "POST": return try postingRoute(request, target, path)
    case "DELETE": return try deletingRoute(target, path)
    case "OPTIONS": return .options(allow: allowed(at: path))
    default:
      throw Refusal(405, "\(request.method) is not known here.", headers: ["Allow": allowed(at: path)])
    }
  }

  private static let allowedAnywhere = "GET, HEAD, PUT, POST, DELETE, OPTIONS"

  private static func allowed(at path: ObjectPath) -> String {
    path.isRoot ? "GET, HEAD, POST, OPTIONS" : allowedAnywhere
  }

  // MARK: Methods

  private static func readingRoute(_ request: Request, _ target: Target, _ path: ObjectPath) throws(Refusal) -> Route {
    if let format = try archiveFormat(target, path, ["zip": .zip, "tar": .tar]) { return .archive(path, format) }
    if target.has("wait") { return .wait(path, atMost: try waitingTime(target.value("wait") ?? "")) }
    if target.has("watch") {
      guard path.isDirectory else { throw Refusal(400, "?watch is for directories; ?wait=30s waits for one object.") }
      return .watch(path, deep: target.has("recursive"))
    }
    if target.has("meta") { return .inspect(path) }
    guard path.isDirectory else { return try objectRoute(target, path) }
    if path.isBucket, !target.path.utf8.hasSuffix("/") { return .redirect(path.urlPath + query(of: request)) }
    let format = try Negotiation.listingFormat(target, accept: request.headers.joined("Accept"))
    if let wanted = target.value("q"), !wanted.isEmpty { return .search(path, wanted, format) }
    // Everything below is what holds no words at all.
    if target.has("recursive"), format != .page { return .search(path, "", format) }
    return .list(path, format)
  }

  private static func archiveFormat(
    _ target: Target, _ path: ObjectPath, _ verbs: [String: ArchiveFormat]
  ) throws(Refusal) -> ArchiveFormat? {
    guard let verb = verbs.first(where: { target.has($0.key) }) else { return nil }
    guard path.isDirectory else {
      throw Refusal(409, "?\(verb.key) is for directories: their URLs end in a slash, as in \(path.asDirectory).")
    }
    return verb.value
  }

  private static let longestWait = Duration.seconds(600)

  /// `30s`, `500ms`, `2m`; a number alone is seconds.
  private static func waitingTime(_ text: String) throws(Refusal) -> Duration {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let units: [Substring: Duration] = ["": .seconds(1), "s": .seconds(1), "ms": .milliseconds(1), "m": .seconds(60)]
    guard let count = Int32(digits), let unit = units[text[digits.endIndex...]], unit * Int(count) <= longestWait else {
      throw Refusal(400, "?wait= is a time up to 10 minutes, as in ?wait=30s, ?wait=500ms or ?wait=2m.")
    }
    return unit * Int(count)
  }

  private static func objectRoute(_ target: Target, _ path: ObjectPath) throws(Refusal) -> Route {
    if target.has("versions") { return .versions(path) }
    if let version = target.value("version") {
      guard !version.isEmpty else { throw Refusal(400, "?version= names a version, as ?versions lists them.") }
      return .readVersion(path, version)
    }
    guard target.has("presign") else { return .read(path) }
    let text = target.value("expires") ?? "\(defaultValidity)"
    guard let seconds = Int(text), (1...longestValidity).contains(seconds) else {
      throw Refusal(400, "?expires= is a number of seconds from 1 to \(longestValidity).")
    }
    return .presign(path, seconds: seconds, host: target.value("host"))
  }

  /// Of presigned URLs, in seconds.
  private static let defaultValidity = 3600
  private static let longestValidity = 604_800

  private static func puttingRoute(_ target: Target, _ path: ObjectPath) throws(Refusal) -> Route {
    if path.isRoot {
      throw Refusal(
        405, "The root holds buckets only: PUT /bucket/ creates one.", headers: ["Allow": allowed(at: path)])
    }
    guard path.isDirectory else { return .put(path) }
    if target.path.utf8.hasSuffix("/") { return .makeDirectory(path) }
    throw Refusal(
      409,
      "A file needs a bucket: PUT /bucket/name stores a file, PUT \(path.urlPath) (with the slash) creates a bucket.")
  }

  private static func postingRoute(_ request: Request, _ target: Target, _ path: ObjectPath) throws(Refusal) -> Route {
    if let destination = target.value("move") ?? target.value("copy") {
      return try relocation(target, path, destination)
    }
    if target.has("meta"), !path.isDirectory { return .change(path) }
    if let version = target.value("restore"), !path.isDirectory {
      guard !version.isEmpty else { throw Refusal(400, "?restore= names a version, as ?versions lists them.") }
      return .restore(path, version)
    }
    if target.has("delete") { return .formDelete(path, recursive: target.has("recursive")) }
    if let format = try archiveFormat(target, path, ["zip": .zip, "tar": .tar]) { return .archiveChosen(path, format) }
    if let format = try archiveFormat(target, path, ["unzip": .zip, "untar": .tar]) {
      if path.isRoot { throw Refusal(409, "The root holds buckets only: unpack into a bucket.") }
      return .unpack(path, format)
    }
    guard path.isDirectory else {
      throw Refusal(
        400, "POST to a file needs ?move=, ?copy=, ?meta, ?restore= or ?delete; PUT stores its contents.")
    }
    if target.has("mkdir") { return .makeNamed(in: path, name: target.value("mkdir")) }
    guard request.headers["Content-Type"]?.lowercasedASCII.hasPrefix("multipart/form-data") == true else {
      throw Refusal(415, "POST to a directory takes files as multipart/form-data (curl -F file=@name).")
    }
    if path.isRoot { throw Refusal(409, "The root holds buckets only: upload into a bucket.") }
    return .upload(path)
  }

  private static func relocation(
    _ target: Target, _ path: ObjectPath, _ destination: String
  ) throws(Refusal) -> Route {
    guard var place = ObjectPath(urlPath: destination), !place.isRoot else {
      throw Refusal(400, "The destination must be a path from the root: ?move=/bucket/name.")
    }
    if path.isRoot || path.isBucket {
      throw Refusal(409, "A bucket cannot be moved or copied as a whole; move or copy what is in it.")
    }
    if path.isDirectory {
      place = place.asDirectory
    } else if place.isDirectory {
      place = place.child(path.name)
    }
    return .relocate(path, to: place, removesSource: target.has("move"), replaces: target.has("replace"))
  }

  private static func deletingRoute(_ target: Target, _ path: ObjectPath) throws(Refusal) -> Route {
    if path.isRoot {
      throw Refusal(405, "The root cannot be deleted.", headers: ["Allow": allowed(at: path)])
    }
    return .delete(path, recursive: target.has("recursive"))
  }

  // MARK: Our own

  private static func ownRoute(_ request: Request, _ target: Target) throws(Refusal) -> Route {
    guard request.isRead || request.method == "OPTIONS" else {
      throw Refusal(405, "Everything below /-/ can only be read.", headers: ["Allow": "GET, HEAD, OPTIONS"])
    }
    if request.method == "OPTIONS" { return .options(allow: "GET, HEAD, OPTIONS") }
    let parts = target.path.split(separator: "/").dropFirst().map(String.init)
    switch parts.first {
    case "health" where parts.count == 1: return .health
    case "ready" where parts.count == 1: return .ready
    case "unsaved" where parts.count == 1: return .unsaved
    case "metrics" where parts.count == 1: return .metrics
    case "openapi.json" where parts.count == 1: return .openAPI
    case "assets" where parts.count == 3: return .asset(version: parts[1], name: parts[2])
    default:
      throw Refusal(
        404, "There is no \(target.path); below /-/ are health, ready, unsaved, metrics and openapi.json.")
    }
  }

  private static func query(of request: Request) -> String {
    request.target.utf8.firstIndex(of: UInt8(ascii: "?")).map { String(request.target[$0...]) } ?? ""
  }
}

extension Sequence where Element == UInt8 {
  func hasSuffix(_ suffix: String) -> Bool { Array(self.suffix(suffix.utf8.count)).elementsEqual(suffix.utf8) }

  private func suffix(_ count: Int) -> [UInt8] { Array(Array(self).suffix(count)) }
}
