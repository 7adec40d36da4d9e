import Core

/// Evaluates a request's conditions against the version that stands there, in the order of RFC 9110 section 13.2.2.
struct Preconditions: Sendable {
  enum Outcome: Equatable, Sendable { case proceed, notModified, failed }

  private let headers: Headers

  init(_ headers: Headers) { self.headers = headers }

  /// For GET and HEAD of an object that exists.
  func forReading(etag: ETag, modified: Timestamp) -> Outcome {
    if let tags = headers.joined("If-Match") {
      if !EntityTags(tags).matchesStrongly(etag) { return .failed }
    } else if let limit = date("If-Unmodified-Since"), modified.seconds > limit.seconds {
      return .failed
    }
    if let tags = headers.joined("If-None-Match") {
      if EntityTags(tags).matchesWeakly(etag) { return .notModified }
    } else if let limit = date("If-Modified-Since"), modified.seconds <= limit.seconds {
      return .notModified
    }
    return .proceed
  }

  /// Whether a Range applies: without If-Range, or when If-Range names this very version.
  func rangeApplies(etag: ETag, modified: Timestamp) -> Bool {
    guard let condition = headers["If-Range"]?.trimmed else { return true }
    if let limit = HTTPDate.parse(condition) { return limit.seconds == modified.seconds }
    if condition == "*" { return false }
    return EntityTags(condition).matchesStrongly(etag)
  }

  /// For PUT: what S3 can check by itself, so that no one comes between check and write. S3 does not know
  /// `If-Match: *`: see `wantsAnyVersion`.
  func forWriting() throws(Refusal) -> WriteCondition {
    if wantsAnyVersion { return .none }
    if let header = headers.joined("If-Match") {
      return .ifMatch(try oneStrongTag(header))
    }
    if let header = headers.joined("If-None-Match") {
      guard EntityTags(header) == .any else {
        throw Refusal(400, "If-None-Match on a write takes *: store only if nothing is there.")
      }
      return .ifAbsent
    }
    return .none
  }

  /// `If-Match: *`: an object, whichever, must be there.
  var wantsAnyVersion: Bool { headers.joined("If-Match").map { EntityTags($0) == .any } ?? false }

  /// For DELETE: the version that may go; nil lets any go, and so does `*`, because only what exists is deleted.
  func forDeletion() throws(Refusal) -> ETag? {
    guard let header = headers.joined("If-Match"), EntityTags(header) != .any else { return nil }
    return try oneStrongTag(header)
  }

  /// For changes of what hangs on an object.
  func forChange() throws(Refusal) -> ETag? { try forDeletion() }

  private func oneStrongTag(_ header: String) throws(Refusal) -> ETag {
    guard case .list(let tags) = EntityTags(header), tags.count == 1, !tags[0].weak else {
      throw Refusal(400, "If-Match on a change takes one strong ETag, as GET and HEAD return it.")
    }
    return ETag(tags[0].value)
  }

  /// `Cache-Control: no-cache` (or no-store, max-age=0) asks for what S3 has now.
  var freshness: Freshness {
    let directives = (headers.joined("Cache-Control") ?? headers.joined("Pragma") ?? "")
      .split(separator: ",").map { $0.trimmed.lowercasedASCII }
    return directives.contains { $0 == "no-cache" || $0 == "no-store" || $0 == "max-age=0" } ? .now : .withinTTL
  }

  private func date(_ name: String) -> Timestamp? { headers[name].flatMap { HTTPDate.parse($0.trimmed) } }
}
