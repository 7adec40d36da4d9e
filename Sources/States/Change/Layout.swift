import S3

/// Makes an endpoint equal to a state; the common part of `seed` and `reset`.
package struct Layout: Sendable {
  package struct Options: Sendable {
    /// Whether objects that the state does not have are deleted.
    package var deletesExtra = false
    package var isDryRun = false
    package var keep = KeptKeys.nothing
    package var scope = Scope.everything
    /// Whether old versions and delete markers are deleted, too.
    package var purgesVersions = false
    package var withoutEvents = false
    /// Whether the outcome is to have a fingerprint of the differences.
    package var takesFingerprint = false
    /// The fingerprint of the differences that a dry run found: if there are others now, nothing is done.
    package var fingerprint: String?

    package init() {}

    /// Sets what is never deleted.
    package mutating func keep(matching patterns: [String], suffix: String = "") {
      keep = KeptKeys(patterns, suffix: suffix)
    }
  }

  package struct Outcome: Sendable {
    package var plan: Plan
    package var buckets: Int
    package var purged = 0
    /// Identifies the differences that the plan is made of.
    package var fingerprint: String?

    /// "2 buckets: 4 put, 1 deleted, 9,996 untouched"
    package var summary: String {
      func count(_ number: Int, _ word: String) -> String? {
        number > 0 ? "\(DifferencePrinter.grouped(number)) \(word)" : nil
      }
      let parts = [
        count(plan.newBuckets.count, plan.newBuckets.count == 1 ? "bucket made" : "buckets made"),
        count(plan.puts.count, "put"), count(plan.fixes.count, "restored"), count(plan.deleteCount, "deleted"),
        count(purged, "old versions deleted"), count(plan.kept, "kept"), count(plan.untouched, "untouched"),
      ].compactMap { $0 }
      return "\(buckets) \(buckets == 1 ? "bucket" : "buckets"): "
        + (parts.isEmpty ? "empty, as they were" : parts.joined(separator: ", "))
    }
  }

  private let session: Session
  private let options: Options
  /// Called when another run holds a bucket's lock.
  private let isWaiting: @Sendable (String) -> Void

  package init(_ session: Session, _ options: Options, isWaiting: @escaping @Sendable (String) -> Void = { _ in }) {
    self.session = session
    self.options = options
    self.isWaiting = isWaiting
  }

  /// Makes the endpoint equal to the state, which is read while S3 is listed. Cost: 1 LIST per 1,000 objects, and what
  /// the plan needs.
  package func run(_ state: UnreadState) async throws(StateFailure) -> Outcome {
    var state = state.only(options.scope)
    let buckets = state.buckets
    guard !buckets.isEmpty else { throw StateFailure(.trouble, "--only leaves no bucket of \(state.label)") }
    var locks: BucketLocks?
    if let cache = session.cache, !options.isDryRun {
      locks = try await BucketLocks.acquire(buckets, of: session.endpoint, in: cache, isWaiting: isWaiting)
    }
    defer { withExtendedLifetime(locks) {} }
    guard options.withoutEvents, !options.isDryRun, let cache = session.cache else { return try await layOut(state) }
    // A state that cannot be read must not disable anybody's notifications.
    state = UnreadState(try state.read())
    let events = EventsOff(session.store, endpoint: session.endpoint, in: cache)
    do throws(StateFailure) {
      try await events.putAside(buckets)
      let outcome = try await layOut(state)
      try await events.putBack(buckets)
      return outcome
    } catch {
      try await events.putBack(buckets)
      throw error
    }
  }

  private func layOut(_ state: UnreadState) async throws(StateFailure) -> Outcome {
    session.progress.begin("listing")
    var comparing = Comparison.Options()
    comparing.explains = false
    comparing.usesRules = false
    comparing.comparesFileAttributes = true
    let comparison = try await Comparison.reading(
      state, scope: options.scope, session: session, options: comparing)
    let state = comparison.expected
    let differences = try await comparison.run()
    let fingerprint =
      options.takesFingerprint || options.fingerprint != nil
      ? try await differences.fingerprint(comparison.actual.source) : nil
    if let known = options.fingerprint, known != fingerprint {
      throw StateFailure(outdated: "the buckets have changed since the preview; nothing was done")
    }
    var plan = Plan(differences, deletesExtra: options.deletesExtra, keep: options.keep)
    try await addPurges(to: &plan, state)
    try requireNoEmptyFolder(plan, state)
    var outcome = Outcome(plan: plan, buckets: state.buckets.count, purged: plan.purgeCount, fingerprint: fingerprint)
    if options.isDryRun { return outcome }
    try await Executor(session, source: state.source).perform(plan)
    try await setVersioning(state)
    if options.purgesVersions {
      outcome.purged = 0
      for bucket in state.buckets.keys.sorted() {
        outcome.purged += try await purge(bucket, deleted: Set(plan.deletes[bucket] ?? []))
      }
    }
    return outcome
  }

  /// Requires that no folder is empty. A folder without any file may be a volume that is missing, or a submodule that
  /// is not checked out: it does not mean that everything in a bucket must be deleted.
  private func requireNoEmptyFolder(_ plan: Plan, _ state: State) throws(StateFailure) {
    for (bucket, contents) in state.buckets.sorted(by: { $0.key < $1.key }) {
      guard let folder = contents.emptyFolder else { continue }
      let objects = plan.deletes[bucket]?.count ?? 0
      let versions = plan.purges[bucket]?.count ?? 0
      guard objects + versions > 0 else { continue }
      let what = objects > 0 ? "objects: \(objects)" : "old versions: \(versions)"
      throw StateFailure(
        .refused,
        "\(folder) is an empty folder, which does not say that s3://\(bucket) is to be empty (\(what)). If it is, write "
          + "{} into the file \(folder)/\(FixtureNames.suffix). Nothing was changed")
    }
  }

  /// Adds what a purge would delete to the plan, where that has to be known before. Cost: 1 request per 1,000 versions,
  /// and one.
  private func addPurges(to plan: inout Plan, _ state: State) async throws(StateFailure) {
    guard options.purgesVersions, options.isDryRun || state.buckets.values.contains(where: { $0.emptyFolder != nil })
    else { return }
    for bucket in state.buckets.keys.sorted() where !plan.newBuckets.contains(bucket) {
      let isVersioned = try await s3 { () async throws(S3Error) in try await session.store.isVersioned(bucket) }
      plan.purge(try await versions(of: bucket), of: bucket, isVersioned: isVersioned, keep: options.keep)
    }
  }

  /// Sets the versioning of buckets, only where the state specifies it: otherwise a bucket's configuration stays as it
  /// is.
  private func setVersioning(_ state: State) async throws(StateFailure) {
    for (bucket, contents) in state.buckets {
      guard let wanted = contents.versioning else { continue }
      try await s3 { () async throws(S3Error) in
        guard try await session.store.isVersioned(bucket) != wanted else { return }
        try await session.store.setVersioned(wanted, bucket)
      }
    }
  }

  private func versions(of bucket: String) async throws(StateFailure) -> [ObjectVersion] {
    var found: [ObjectVersion] = []
    var markers: (key: ObjectKey?, version: String?) = (nil, nil)
    repeat {
      let page = try await s3 { () async throws(S3Error) in
        try await session.store.listVersions(
          bucket: bucket, prefix: options.scope.prefix(in: bucket), keyMarker: markers.key,
          versionMarker: markers.version)
      }
      found += page.versions.filter { options.scope.includes(bucket, $0.key) }
      markers = (page.nextKeyMarker, page.nextVersionMarker)
    } while markers.key != nil
    return found
  }

  /// Deletes all versions but the newest, and all delete markers, except for those that `--keep` names. Cost: 1 request
  /// per version. Returns their number without the markers of the objects that this run deleted.
  private func purge(_ bucket: String, deleted: Set<ObjectKey>) async throws(StateFailure) -> Int {
    let old = try await versions(of: bucket).filter { version in
      version.isPurged && !options.keep.include(bucket, version.key)
    }
    // An object whose newest "version" is a delete marker disappears with the marker, if its versions are deleted
    // first.
    let ordered = old.filter { !$0.isDeleteMarker } + old.filter(\.isDeleteMarker)
    for group in [ordered.filter { !$0.isDeleteMarker }, ordered.filter(\.isDeleteMarker)] {
      _ = try await concurrently(group, width: Session.width) { version throws(StateFailure) in
        try await s3 { () async throws(S3Error) in
          try await session.store.deleteObject(
            ObjectReference(bucket: bucket, key: version.key), versionID: version.versionID)
        }
      }
    }
    return ordered.count { !($0.isLatest && $0.isDeleteMarker && deleted.contains($0.key)) }
  }
}
