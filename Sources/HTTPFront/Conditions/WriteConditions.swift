import Core

/// The condition headers of a request that changes something (RFC 9110 section 13): the only place where they are
/// evaluated. All of them must be true, or nothing is done; one that cannot be evaluated is refused.
///
/// They are evaluated before the request's body is read. The write is then sent with the version that was seen, so that
/// S3 detects a change in between.
struct WriteConditions: Sendable {
  /// The subject of a request's conditions.
  enum Subject: Equatable, Sendable {
    /// The object that the URL names.
    case object(ObjectPath, mayBeAbsent: Bool)
    /// One version of an object.
    case version(ObjectPath, String)
    /// A directory or a bucket: it exists or not, and has neither ETag nor time.
    case directory(ObjectPath, mayBeAbsent: Bool)
    /// Each object or directory that the request creates; the body contains their names.
    case each
    /// A snapshot: it has neither versions nor an ETag.
    case snapshot

    /// The object, directory or bucket at a path, without which there is nothing to do.
    static func existing(_ path: ObjectPath) -> Self {
      path.isDirectory ? .directory(path, mayBeAbsent: false) : .object(path, mayBeAbsent: false)
    }
  }

  /// What exists at the subject's path.
  enum State: Equatable, Sendable {
    case absent
    case directory
    case object(ETag, modified: Timestamp)
  }

  private var match: EntityTags?
  private var noneMatch: EntityTags?
  private var unmodifiedSince: Timestamp?
  private var modifiedSince: Timestamp?

  var isEmpty: Bool { match == nil && noneMatch == nil && unmodifiedSince == nil && modifiedSince == nil }

  /// Throws 400 for a malformed or unknown condition: ignoring it would do what the client forbids.
  init(_ headers: Headers) throws(HTTPError) {
    let known = ["if-match", "if-none-match", "if-unmodified-since", "if-modified-since"]
    for (name, _) in headers.fields {
      let name = name.lowercasedASCII
      if Self.isCondition(name), !known.contains(name) {
        throw HTTPError(400, "The condition \(name) is not supported here; the request was not performed.")
      }
    }
    match = try EntityTags.named("If-Match", in: headers)
    noneMatch = try EntityTags.named("If-None-Match", in: headers)
    unmodifiedSince = try Self.date("If-Unmodified-Since", of: headers)
    modifiedSince = try Self.date("If-Modified-Since", of: headers)
  }

  private static let prefixes = ["if-", "x-amz-if-", "x-amz-copy-source-if-"]
  /// WebDAV's (RFC 4918 section 10).
  private static let names: Set = ["if", "overwrite"]

  /// Returns whether a header, its name in lower case, is a condition, supported or not.
  static func isCondition(_ name: String) -> Bool {
    names.contains(name) || prefixes.contains(where: name.hasPrefix)
  }

  private static func date(_ name: String, of headers: Headers) throws(HTTPError) -> Timestamp? {
    let values = headers.all(name)
    guard let value = values.first else { return nil }
    guard values.count == 1, let date = Timestamp(httpDate: value.trimmed) else {
      throw HTTPError(400, "\(name) is not an HTTP date such as Sun, 06 Nov 1994 08:49:37 GMT.")
    }
    return date
  }

  /// Returns the condition for the write at S3: the version that was seen. Throws 412 if a condition is false, and 400
  /// if it cannot be applied.
  func evaluate(_ state: State, at path: ObjectPath) throws(HTTPError) -> WriteCondition {
    switch state {
    case .absent:
      if match != nil { throw failed(path, "does not exist, and If-Match demands that it does") }
      if case .list? = noneMatch, path.isDirectory { throw Self.noValidator(path) }
      if path.isDirectory, unmodifiedSince != nil || modifiedSince != nil { throw Self.noValidator(path) }
      if unmodifiedSince != nil || modifiedSince != nil {
        throw failed(path, "does not exist, so that it has no time to compare")
      }
      return noneMatch == nil ? .none : .ifAbsent
    case .directory:
      if noneMatch == .any { throw failed(path, "exists, and If-None-Match: * demands that it does not") }
      if case .list? = match { throw Self.noValidator(path) }
      if case .list? = noneMatch { throw Self.noValidator(path) }
      if unmodifiedSince != nil || modifiedSince != nil { throw Self.noValidator(path) }
      return .none
    case .object(let etag, let modified):
      try evaluate(etag, modified, at: path)
      return isEmpty ? .none : .ifMatch(etag)
    }
  }

  private func evaluate(_ etag: ETag, _ modified: Timestamp, at path: ObjectPath) throws(HTTPError) {
    if let match, !match.matchesStrongly(etag) {
      throw failed(path, "has the ETag \(etag.quoted), which is not in If-Match", etag)
    }
    if noneMatch == .any { throw failed(path, "exists, and If-None-Match: * demands that it does not", etag) }
    if let noneMatch, noneMatch.matchesWeakly(etag) {
      throw failed(path, "has the ETag \(etag.quoted), which is in If-None-Match", etag)
    }
    if let unmodifiedSince, modified.seconds > unmodifiedSince.seconds {
      throw failed(path, "was modified at \(HTTPDate.format(modified)), after If-Unmodified-Since", etag)
    }
    if let modifiedSince, modified.seconds <= modifiedSince.seconds {
      throw failed(path, "was last modified at \(HTTPDate.format(modified)), not after If-Modified-Since", etag)
    }
  }

  /// Returns the condition for each object of a form or an archive. Throws 400 for all but `If-None-Match: *`.
  func forEach() throws(HTTPError) -> WriteCondition {
    if isEmpty { return .none }
    guard match == nil, noneMatch == .any, unmodifiedSince == nil, modifiedSince == nil else {
      throw HTTPError(
        400, "Of conditions, this request takes If-None-Match: * only: make what does not exist, replace nothing.")
    }
    return .ifAbsent
  }

  /// Throws 400 for any condition.
  func requireNone() throws(HTTPError) -> WriteCondition {
    guard isEmpty else {
      throw HTTPError(400, "Snapshots have no versions, so that no condition says anything of one; nothing was done.")
    }
    return .none
  }

  private func failed(_ path: ObjectPath, _ why: String, _ etag: ETag? = nil) -> HTTPError {
    var error = HTTPError(412, "\(path) \(why); nothing was changed.")
    error.headers.add("ETag", etag?.quoted)
    return error
  }

  private static func noValidator(_ path: ObjectPath) -> HTTPError {
    HTTPError(
      400,
      "\(path) is a directory, without ETag and time: of conditions it takes If-Match: * and If-None-Match: * only.")
  }
}
