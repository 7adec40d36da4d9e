import S3
import Synchronization

/// Detects changes below the places that have a subscriber.
///
/// S3 sends no notification of changes. Each watched place is listed repeatedly, at the ttl, while it has subscribers,
/// and differences are sent to all of them. Changes made by this process are sent at once. Listings of directories go
/// into the caches too, so that a watched directory is never older than its watch.
final class ChangeDetector: Sendable {
  typealias Listing = [ObjectKey: ObjectFacts?]

  /// Holds no strong reference: a subscription ends itself when its owner releases it.
  private struct Follower {
    weak var subscription: ChangeSubscription?
  }

  private struct Watched {
    var snapshot: ChangeSnapshot
    var followers: [ObjectIdentifier: Follower]
    var task: Task<Void, Never>?
    var isPolling = false
    /// A change happened that the listing in flight may not show.
    var mustPollAgain = false
  }

  /// The minimum, however short the ttl is.
  private static let shortestPause = Duration.milliseconds(250)
  /// Debounces own changes whose outcome only a listing shows: they often come together.
  private static let gathering = Duration.milliseconds(50)
  /// A slow listing is repeated less often: at most a quarter of the time is spent in listing.
  private static let restFactor = 3
  /// Places with only patient subscribers are listed at the ttl up to this number; more of them share that many
  /// listings per ttl.
  static let patientListings = 8

  private let pause: Duration
  private let list: @Sendable (WatchScope) async throws(FileSystemError) -> Listing
  private let seen: @Sendable (ObjectChange) -> Void
  private let watched = Mutex<[WatchScope: Watched]>([:])

  /// - Parameter seen: is called once for each change that other clients made.
  init(
    pause: Duration, list: @escaping @Sendable (WatchScope) async throws(FileSystemError) -> Listing,
    seen: @escaping @Sendable (ObjectChange) -> Void
  ) {
    self.pause = max(pause, Self.shortestPause)
    self.list = list
    self.seen = seen
  }

  /// Begins to follow a place. Every change after it returns is reported.
  func subscribe(
    to scope: WatchScope, capacity: Int = ChangeSubscription.usualCapacity, isPatient: Bool = false
  ) async throws(FileSystemError) -> ChangeSubscription {
    let subscription = ChangeSubscription(capacity: capacity, isPatient: isPatient) { [weak self] id in
      self?.remove(id, from: scope)
    }
    if add(subscription, to: scope, listing: nil) { return subscription }
    _ = add(subscription, to: scope, listing: try await list(scope))
    return subscription
  }

  /// Adds a subscription. Returns false where the place is not watched yet and its listing is needed.
  private func add(_ subscription: ChangeSubscription, to scope: WatchScope, listing: Listing?) -> Bool {
    watched.withLock { watched in
      let follower = Follower(subscription: subscription)
      if watched[scope] != nil {
        watched[scope]?.followers[ObjectIdentifier(subscription)] = follower
        return true
      }
      guard let listing else { return false }
      let task = Task { [weak self, pause] in
        var rest = pause
        while (try? await Task.sleep(for: rest)) != nil {
          let start = ContinuousClock.now
          guard let self else { return }
          await self.poll(scope)
          rest = max(self.pause(for: scope), (ContinuousClock.now - start) * Self.restFactor)
        }
      }
      watched[scope] = Watched(
        snapshot: ChangeSnapshot(scope, listing), followers: [ObjectIdentifier(subscription): follower], task: task)
      return true
    }
  }

  /// Returns how long to wait between two listings of a place.
  func pause(for scope: WatchScope) -> Duration {
    watched.withLock { watched in
      guard Self.isPatient(watched[scope]) else { return pause }
      let patient = watched.values.count { Self.isPatient($0) }
      return pause * max(patient, Self.patientListings) / Self.patientListings
    }
  }

  private static func isPatient(_ place: Watched?) -> Bool { followers(of: place).allSatisfy(\.isPatient) }

  private func remove(_ id: ObjectIdentifier, from scope: WatchScope) {
    let task = watched.withLock { watched -> Task<Void, Never>? in
      watched[scope]?.followers[id] = nil
      guard let place = watched[scope], place.followers.isEmpty else { return nil }
      watched[scope] = nil
      return place.task
    }
    task?.cancel()
  }

  // MARK: Polling

  /// Lists a place once more and reports what differs. Polls of one place never overlap.
  func poll(_ scope: WatchScope) async {
    while beginPoll(scope) {
      let listing: Listing?
      do throws(FileSystemError) { listing = try await list(scope) } catch {
        // The bucket and everything in it is gone; any other failure says nothing about its contents.
        listing = error.code == .notFound ? [:] : nil
      }
      guard finishPoll(scope, listing) else { return }
    }
  }

  private func beginPoll(_ scope: WatchScope) -> Bool {
    watched.withLock { watched in
      guard let place = watched[scope] else { return false }
      if place.isPolling {
        watched[scope]?.mustPollAgain = true
        return false
      }
      watched[scope]?.isPolling = true
      watched[scope]?.mustPollAgain = false
      watched[scope]?.snapshot.expectListing()
      return true
    }
  }

  /// Ends a poll. Returns whether to poll again at once.
  private func finishPoll(_ scope: WatchScope, _ listing: Listing?) -> Bool {
    let (changes, followers, again) = watched.withLock { watched in
      guard watched[scope] != nil else { return ([ObjectChange](), [ChangeSubscription](), false) }
      watched[scope]?.isPolling = false
      let changes = listing.flatMap { watched[scope]?.snapshot.install($0) } ?? []
      return (changes, Self.followers(of: watched[scope]), watched[scope]?.mustPollAgain ?? false)
    }
    for change in changes { seen(change) }
    for follower in followers { follower.offer(changes) }
    return again
  }

  private static func followers(of place: Watched?) -> [ChangeSubscription] {
    place?.followers.values.compactMap(\.subscription) ?? []
  }

  // MARK: Own changes

  /// Reports that this process wrote an object, or (nil) deleted it.
  func wrote(_ facts: ObjectFacts?, at reference: ObjectReference, origin: ChangeOrigin = .current) {
    var told: [(ObjectChange, [ChangeSubscription])] = []
    var unknown: [WatchScope] = []
    watched.withLock { watched in
      for scope in watched.keys {
        switch watched[scope]?.snapshot.own(facts, at: reference, origin: origin) {
        case .change(let change): told.append((change, Self.followers(of: watched[scope])))
        case .unknown: unknown.append(scope)
        case .unseen, nil: break
        }
      }
    }
    for (change, followers) in told { for follower in followers { follower.offer([change]) } }
    for scope in unknown { pollSoon(scope) }
  }

  /// Reports that this process changed things below a prefix (or the list of buckets) that only a listing shows.
  func touched(_ bucket: String, below prefix: ObjectKey = "", origin: ChangeOrigin = .current) {
    let scopes = watched.withLock { watched in
      let scopes = watched.keys.filter { $0.touches(bucket, prefix) }
      for scope in scopes { watched[scope]?.snapshot.touch(below: prefix, origin: origin) }
      return scopes
    }
    for scope in scopes { pollSoon(scope) }
  }

  private func pollSoon(_ scope: WatchScope) {
    Task { [weak self] in
      try? await Task.sleep(for: Self.gathering)
      await self?.poll(scope)
    }
  }
}
