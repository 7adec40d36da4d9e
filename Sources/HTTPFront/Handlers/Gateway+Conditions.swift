import Core

extension Gateway {
  /// Evaluates the conditions of a request that changes something, before its body is read.
  /// Cost: one HEAD (a directory: one LIST of one key) where there are any.
  func condition(of subject: WriteConditions.Subject, _ request: Request) async throws -> WriteCondition {
    let conditions = try WriteConditions(request.headers)
    guard !conditions.isEmpty else { return .none }
    switch subject {
    case .each: return try conditions.forEach()
    case .snapshot: return try conditions.requireNone()
    case .version(let path, let id): return try conditions.evaluate(try await state(of: path, version: id), at: path)
    case .object(let path, let mayBeAbsent), .directory(let path, let mayBeAbsent):
      let state = try await state(of: path)
      // What is 404 without conditions is 404 with them (RFC 9110 section 13.2.1).
      if state == .absent, !mayBeAbsent { return .none }
      return try conditions.evaluate(state, at: path)
    }
  }

  /// What stands at a path now.
  func state(of path: ObjectPath) async throws(FileSystemError) -> WriteConditions.State {
    do {
      // A directory of an object's name is nothing to it, and to ask whether there is one costs a LIST for each upload.
      guard path.isDirectory else {
        let found = try await fileSystem.objectNow(at: path)
        return found.map { .object($0.etag, modified: $0.lastModified) } ?? .absent
      }
      _ = try await fileSystem.locate(path, freshness: .now)
      return .directory
    } catch {
      guard error.code == .notFound else { throw error }
      return .absent
    }
  }

  /// A delete marker is nothing.
  private func state(of path: ObjectPath, version: String) async throws(FileSystemError) -> WriteConditions.State {
    do throws(FileSystemError) {
      let info = try await fileSystem.reader(of: path, version: version).info
      return .object(info.etag, modified: info.lastModified)
    } catch {
      guard error.code == .notFound else { throw error }
      return .absent
    }
  }

  /// Throws 412 where `condition` is `.ifAbsent` and something stands at the path, for what a form or an archive makes:
  /// some servers ignore conditions.
  func requireAbsent(_ path: ObjectPath, if condition: WriteCondition) async throws {
    guard condition == .ifAbsent, try await state(of: path) != .absent else { return }
    throw HTTPError(412, "\(path) exists, and If-None-Match: * demands that it does not; it was not changed.")
  }
}
