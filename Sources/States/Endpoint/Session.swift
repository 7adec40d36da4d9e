package import S3
import Synchronization

/// One run of a command: the store, the cache between runs, and what this run has done so far.
package final class Session: Sendable {
  /// The limit of requests in flight.
  package static let width = 16

  package let store: any ObjectStore
  /// The endpoint's name in messages and in the cache.
  package let endpoint: String
  package let cache: StateCache?
  package let hashes: LocalHashes
  package let progress: Progress
  /// Whether to HEAD every object instead of trusting the cache.
  package let isThorough: Bool

  /// The changes of this run, for running localstackmounts.
  package let changes = ChangeRecord()

  private let known = Mutex([String: KnownObjects]())
  let trust: ETagTrust
  /// The newest date in the server's answers.
  private let newest = Mutex(Timestamp(seconds: 0))

  /// - Parameter cache: the cache; without one nothing outlives the run.
  package init(
    store: any ObjectStore, endpoint: String, cache: StateCache?, progress: Progress = Progress(),
    isThorough: Bool = false
  ) {
    self.store = store
    self.endpoint = endpoint
    self.cache = cache
    self.progress = progress
    self.isThorough = isThorough
    hashes = LocalHashes(cache)
    trust = ETagTrust(cache?.trust(endpoint))
  }

  /// Returns what is remembered of a bucket.
  package func known(_ bucket: String) -> KnownObjects {
    known.withLock { known in
      if let found = known[bucket] { return found }
      let loaded = KnownObjects(cache?.known(endpoint, bucket))
      known[bucket] = loaded
      return loaded
    }
  }

  /// Notes the server's clock. Returns it, or the local time if the server sends none.
  @discardableResult
  func note(served: Timestamp?) -> Timestamp {
    let time = served ?? .now()
    newest.withLock { $0 = max($0, time) }
    return time
  }

  var lastServed: Timestamp { newest.withLock { $0 } }

  /// Writes the cache. Called at the end, even of a run that failed.
  package func save() {
    hashes.save()
    trust.save()
    for known in known.withLock({ Array($0.values) }) { known.save() }
  }
}

/// Whether the ETags that a server lists can be trusted. They are once one was verified: with a server whose ETags are
/// not the MD5 of what was put, or that lists others than it returned, bytes are compared instead.
package final class ETagTrust: Sendable {
  package enum Verdict: String, Sendable { case unknown, right, wrong }

  private let file: ReplacedFile?
  private struct State {
    var verdict: Verdict
    var isChanged = false
  }

  private let state: Mutex<State>

  init(_ file: ReplacedFile?) {
    self.file = file
    let text = file.flatMap { FileAccess.read($0.path) }.map { String(decoding: $0, as: UTF8.self) }
    state = Mutex(State(verdict: text.flatMap(Verdict.init(rawValue:)) ?? .unknown))
  }

  package var verdict: Verdict { state.withLock { $0.verdict } }

  /// Records a comparison of a listed ETag with the true MD5. One wrong one outweighs all right ones.
  func note(isRight: Bool) {
    state.withLock { state in
      let verdict: Verdict = isRight && state.verdict != .wrong ? .right : .wrong
      if verdict != state.verdict { state = State(verdict: verdict, isChanged: true) }
    }
  }

  /// Records that a listed ETag was right, if nothing else is known.
  func confirm() {
    state.withLock { state in
      if state.verdict == .unknown { state = State(verdict: .right, isChanged: true) }
    }
  }

  /// Forgets a bad verdict: another server may answer at this endpoint now.
  func forget() { state.withLock { $0 = State(verdict: .unknown, isChanged: true) } }

  func save() {
    let verdict: Verdict? = state.withLock { state in
      defer { state.isChanged = false }
      return state.isChanged ? state.verdict : nil
    }
    if let verdict { try? file?.replace(with: Array(verdict.rawValue.utf8)) }
  }
}
