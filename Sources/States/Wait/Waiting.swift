package import Keys
import S3

/// Waits by repeated listings until objects exist, are gone, have changed, or contain a text.
package struct Waiting: Sendable {
  package struct Target: Hashable, Sendable {
    package let bucket: String
    package let keys: Glob
    package let text: String

    /// Parses `s3://BUCKET/GLOB`; `nil` if it is malformed.
    package init?(_ text: String) {
      guard text.hasPrefix("s3://") else { return nil }
      let rest = text.dropFirst(5)
      guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else { return nil }
      bucket = String(rest[..<slash])
      keys = PlacePattern.keys(String(rest[rest.index(after: slash)...]))
      self.text = text
    }

    /// The reason why the keys are not a valid pattern; `nil` if they are.
    package var problem: String? { Glob.problem(of: keys.text) }
  }

  package struct Options: Sendable {
    /// The minimum number of matches, for each target.
    package var count = 1
    package var isGone = false
    /// Whether to wait until something was created or changed since the beginning.
    package var isChanged = false
    package var contains: String?
    package var timeout: Duration = .seconds(30)

    package init() {}
  }

  private let session: Session
  private let options: Options

  /// The first pause between listings: a new object is seen at most this long after it was written. Pauses become
  /// longer when nothing happens for long.
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.milliseconds(500)
  /// The minimum time for one scan of the keys, however short the timeout is.
  private static let shortestLook = Duration.seconds(1)
  /// The largest object that `--contains` searches, in bytes.
  private static let searchedSize = 64 << 20

  package init(_ session: Session, _ options: Options) {
    self.session = session
    self.options = options
  }

  /// Waits. Returns the URIs of the objects waited for. Throws `.timedOut` with what is missing.
  package func run(_ targets: [Target]) async throws(StateFailure) -> [String] {
    let deadline = ContinuousClock.now + options.timeout
    var first: [Target: [ObjectKey: ETag]] = [:]
    var searched: [String: Set<ETag>] = [:]
    var pause = Self.firstPause
    while true {
      var found: [String] = []
      var open: [String] = []
      for target in targets {
        let items = try await items(of: target, until: deadline)
        let matches: [Item]
        if options.isChanged {
          let now = Dictionary(items.map { ($0.key, Self.etag($0)) }) { $1 }
          let before = first[target] ?? now
          first[target] = before
          matches = items.filter { before[$0.key] != Self.etag($0) }
          if !matches.isEmpty || before.keys.contains(where: { now[$0] == nil }) {
            found += matches.map { "s3://\(target.bucket)/\($0.key)" }
            continue
          }
        } else if let text = options.contains {
          matches = try await holding(text, items, in: target.bucket, &searched)
        } else {
          matches = items
        }
        let isMet = options.isGone ? matches.isEmpty : !options.isChanged && matches.count >= options.count
        if isMet {
          if !options.isGone { found += matches.map { "s3://\(target.bucket)/\($0.key)" } }
        } else {
          open.append(remark(target, matches.count))
        }
      }
      if open.isEmpty { return found }
      guard ContinuousClock.now < deadline else {
        throw StateFailure(.timedOut, "time is over after \(options.timeout): \(open.joined(separator: "; "))")
      }
      do { try await Task.sleep(for: min(pause, deadline - .now)) } catch {
        throw .interrupted
      }
      pause = min(pause * 1.3, Self.longestPause)
    }
  }

  private func remark(_ target: Target, _ count: Int) -> String {
    if options.isGone { return "\(target.text): \(count) still there" }
    if options.isChanged { return "\(target.text): nothing changed" }
    let what = options.contains.map { " with \"\($0)\"" } ?? ""
    return options.count == 1 ? "\(target.text): none\(what)" : "\(target.text): \(count) of \(options.count)\(what)"
  }

  private func items(
    of target: Target, until deadline: ContinuousClock.Instant
  ) async throws(StateFailure) -> [Item] {
    let listed: BucketState?
    do throws(StateFailure) {
      listed = try await EndpointReader(session).bucket(target.bucket, prefix: ObjectKey(target.keys.prefix))
    } catch {
      // Waiting includes an endpoint that is not up yet, or down for a moment.
      guard error.code == .trouble else { throw error }
      listed = nil
      if options.isGone { throw error }
    }
    let end = max(deadline, .now + Self.shortestLook)
    return try await target.keys.matching(listed?.items ?? [], \.key.string) { () async throws(StateFailure) in
      await Task.yield()
      guard !Task.isCancelled else { throw .interrupted }
      guard ContinuousClock.now < end else {
        throw StateFailure(
          .timedOut, "time is over after \(options.timeout): not all keys of \(target.text) were looked at")
      }
    }
  }

  private static func etag(_ item: Item) -> ETag {
    if case .object(let etag, let time) = item.content {
      ETag("\(etag.value) \(time.seconds).\(time.nanoseconds)")
    } else {
      ETag("")
    }
  }

  /// Returns the objects that contain a text. Searches an object again only if it has changed.
  private func holding(
    _ text: String, _ items: [Item], in bucket: String, _ searched: inout [String: Set<ETag>]
  ) async throws(StateFailure) -> [Item] {
    var matches: [Item] = []
    let source = EndpointSource(session, [:])
    let wanted = Array(text.utf8)
    for item in items {
      let name = "\(bucket)/\(item.key)"
      if searched[name, default: []].contains(Self.etag(item)) { continue }
      guard let bytes = try? await source.bytes(of: item, in: bucket, limit: Self.searchedSize) else { continue }
      if bytes.contains(wanted) { matches.append(item) } else { searched[name, default: []].insert(Self.etag(item)) }
    }
    return matches
  }
}

/// Waits until the endpoint answers, and LocalStack's init scripts have run.
package struct Readiness: Sendable {
  private static let pause = Duration.milliseconds(100)

  /// Waits until `probe` returns nil; it returns why the endpoint is not ready.
  package static func wait(
    timeout: Duration, probe: @Sendable () async -> String?
  ) async throws(StateFailure) {
    let deadline = ContinuousClock.now + timeout
    while let reason = await probe() {
      guard ContinuousClock.now < deadline else {
        throw StateFailure(.timedOut, "not ready after \(timeout): \(reason)")
      }
      do { try await Task.sleep(for: pause) } catch { throw .interrupted }
    }
  }
}
