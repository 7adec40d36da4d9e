internal import States

/// The running localstackmounts of the same user and endpoint, which may hold files that are not in S3 yet.
extension StateRun {
  private var mounts: RunningMounts {
    RunningMounts(RunningSockets(environment: RunSettings.processEnvironment), endpoint: session.endpoint)
  }

  /// Makes them save their files before buckets are read; `nil` means all buckets. Throws with the names of files that cannot
  /// be saved.
  func flushMounts(_ buckets: [String]?, openFiles: Bool = true) async throws(StateFailure) {
    try await mounts.flush(buckets, openFiles: openFiles)
  }

  /// Runs an operation that changes buckets: before it the running localstackmounts save their files, and after it they
  /// show what was changed, even where it failed half way.
  func besideMounts<Value: Sendable>(
    _ buckets: [String], _ body: () async throws(StateFailure) -> Value
  ) async throws(StateFailure) -> Value {
    guard try await mounts.flush(buckets) else { return try await body() }
    session.changes.begin()
    do throws(StateFailure) {
      let value = try await body()
      await mounts.show(session.changes.take())
      return value
    } catch {
      let (mounts, changes) = (mounts, session.changes.take())
      // In a task of its own: an interrupt has cancelled this one.
      await Task { await mounts.show(changes) }.value
      throw error
    }
  }
}
