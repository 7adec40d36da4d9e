import Core

/// Checks of the places that requests name, shared by the handlers that change something.
struct PlaceChecks: Sendable {
  let fileSystem: FileSystem

  // MARK: Conditions

  /// Evaluates the conditions of a request that changes something, before its body is read.
  /// Cost: one HEAD (a directory: one LIST of one key) if the request has any.
  func condition(of subject: WriteConditions.Subject, _ request: Request) async throws -> WriteCondition {
    let conditions = try WriteConditions(request.headers)
    guard !conditions.isEmpty else { return .none }
    switch subject {
    case .each: return try conditions.forEach()
    case .snapshot: return try conditions.requireNone()
    case .version(let path, let id): return try conditions.evaluate(try await state(of: path, version: id), at: path)
    case .object(let path, let mayBeAbsent), .directory(let path, let mayBeAbsent):
      // The own object of a directory may be the subject too.
      let isObject = if case .object = subject { true } else { false }
      let state = isObject ? try await objectState(at: path) : try await state(of: path)
      // What is 404 without conditions is 404 with them (RFC 9110 section 13.2.1).
      if state == .absent, !mayBeAbsent { return .none }
      return try conditions.evaluate(state, at: path)
    }
  }

  /// Returns what is at a path now. Cost: one HEAD; for a directory one LIST of one key.
  func state(of path: ObjectPath) async throws(FileSystemError) -> WriteConditions.State {
    do {
      // A directory with an object's name does not count as that object, and checking for one would cost each upload a
      // LIST.
      guard path.isDirectory else { return try await objectState(at: path) }
      _ = try await fileSystem.byKey.locate(path, freshness: .now)
      return .directory
    } catch {
      guard error.code == .notFound else { throw error }
      return .absent
    }
  }

  private func objectState(at path: ObjectPath) async throws(FileSystemError) -> WriteConditions.State {
    let found = try await fileSystem.byKey.objectNow(at: path)
    return found.map { .object($0.etag, modified: $0.lastModified) } ?? .absent
  }

  /// Returns the state of one version; a delete marker counts as absent.
  private func state(of path: ObjectPath, version: String) async throws(FileSystemError) -> WriteConditions.State {
    do throws(FileSystemError) {
      let info = try await fileSystem.edits.reader(of: path, version: version).info
      return .object(info.etag, modified: info.lastModified)
    } catch {
      guard error.code == .notFound else { throw error }
      return .absent
    }
  }

  /// Throws 412 if `condition` is `.ifAbsent` and the path exists. Forms and archives need this check because some
  /// servers ignore conditions.
  func requireAbsent(_ path: ObjectPath, if condition: WriteCondition) async throws {
    guard condition == .ifAbsent, try await state(of: path) != .absent else { return }
    throw HTTPError(412, "\(path) exists, and If-None-Match: * demands that it does not; it was not changed.")
  }

  // MARK: Existence

  /// Refuses an upload that would fail at its end, before its body is sent: 404 without the bucket, 409 for a
  /// directory. Returns whether an object exists at the path.
  func checkUpload(to path: ObjectPath) async throws -> Bool {
    do {
      let standing = try await fileSystem.byKey.standing(at: path)
      guard standing.object || !standing.directory else {
        throw HTTPError(
          409, "\(path) is a directory: to store a file in it, name the file, as in \(path.asDirectory)name.")
      }
      return standing.object
    } catch let error as FileSystemError {
      if error.code == .notFound { try await requireBucket(of: path) }
      throw error
    }
  }

  /// Throws 404, with the remedy, if the path's bucket does not exist.
  func requireBucket(of path: ObjectPath) async throws {
    do {
      _ = try await fileSystem.byKey.locate(ObjectPath(bucket: path.bucket), freshness: .withinTTL)
    } catch {
      guard error.code == .notFound else { throw error }
      if let rule = KeyDoor.brokenRule(ofBucketName: path.bucket) {
        throw HTTPError(404, "There is no bucket \(path.bucket), and there cannot be: \(rule).")
      }
      throw HTTPError(404, "There is no bucket \(path.bucket): create it first, with PUT /\(path.bucket)/.")
    }
  }

  /// Returns whether a path without a slash is a directory only.
  func isDirectory(_ path: ObjectPath) async -> Bool {
    guard case .directory? = try? await fileSystem.byKey.locate(path, freshness: .withinTTL) else { return false }
    return true
  }

  /// Creates a bucket or a directory. Returns whether it is new.
  func create(_ path: ObjectPath) async throws -> Bool {
    if path.isBucket {
      try await fileSystem.names.createBucket(path.bucket)
      return true
    }
    try await requireBucket(of: path)
    return try await fileSystem.edits.createDirectory(path)
  }
}

extension WriteCondition {
  /// The ETag that the object must have, if the condition names one.
  var version: ETag? {
    guard case .ifMatch(let etag) = self else { return nil }
    return etag
  }
}
