import Core

/// Evaluates the conditions of a GET or HEAD against the current version, in the order of RFC 9110 section 13.2.2.
/// `WriteConditions` evaluates those of requests that change something.
struct Preconditions: Sendable {
  enum Outcome: Equatable, Sendable { case proceed, notModified, failed }

  private let headers: Headers
  private let match, noneMatch: EntityTags?

  /// Parses the headers. Throws 400 for an invalid list of ETags. An invalid date is ignored in a read (RFC 9110
  /// section 13.1.3).
  init(_ headers: Headers) throws(HTTPError) {
    self.headers = headers
    match = try EntityTags.named("If-Match", in: headers)
    noneMatch = try EntityTags.named("If-None-Match", in: headers)
  }

  /// Evaluates the conditions of GET and HEAD for an object that exists.
  func forReading(etag: ETag, modified: Timestamp) -> Outcome {
    if let match {
      if !match.matchesStrongly(etag) { return .failed }
    } else if let limit = date("If-Unmodified-Since"), modified.seconds > limit.seconds {
      return .failed
    }
    if let noneMatch {
      if noneMatch.matchesWeakly(etag) { return .notModified }
    } else if let limit = date("If-Modified-Since"), modified.seconds <= limit.seconds {
      return .notModified
    }
    return .proceed
  }

  /// Returns whether a Range applies: without If-Range, or if If-Range names this version.
  func rangeApplies(etag: ETag, modified: Timestamp) -> Bool {
    guard let condition = headers["If-Range"]?.trimmed else { return true }
    if let limit = Timestamp(httpDate: condition) { return limit.seconds == modified.seconds }
    guard case .list(let tags)? = EntityTags(condition), tags.count == 1 else { return false }
    return EntityTags.list(tags).matchesStrongly(etag)
  }

  private func date(_ name: String) -> Timestamp? { headers[name].flatMap { Timestamp(httpDate: $0.trimmed) } }
}

extension Headers {
  /// `.now` if the request requires it by `Cache-Control: no-cache` (or no-store, max-age=0).
  var freshness: Freshness {
    let directives = (joined("Cache-Control") ?? joined("Pragma") ?? "")
      .split(separator: ",").map { $0.trimmed.lowercasedASCII }
    return directives.contains { $0 == "no-cache" || $0 == "no-store" || $0 == "max-age=0" } ? .now : .withinTTL
  }
}
