import S3

/// The objects of listings that were found equal while later pages were in flight.
struct EqualObjects: Sendable {
  static let none = EqualObjects()

  /// Whether each listed object is equal, by its position in its bucket; shorter than the listing, or empty, where
  /// nothing is known of the rest.
  private var positions: [String: [Bool]] = [:]
  private(set) var count = 0

  subscript(bucket: String) -> [Bool] { positions[bucket] ?? [] }

  mutating func append(_ page: [Bool], in bucket: String) {
    positions[bucket, default: []] += page
    count += page.count { $0 }
  }

  mutating func forget(_ bucket: String) {
    count -= self[bucket].count { $0 }
    positions[bucket] = nil
  }
}

/// Compares the pages of listings with a state while the pages after them are in flight.
///
/// Determines only that objects are equal, and only without a request. What is different, missing or in doubt is left
/// to `Comparison.run()`, which knows all pages. It determines nothing where a later page could change the result: as
/// long as the server's ETags are not trusted, with rules about many objects, and in a listing that is not in order.
struct EarlyComparison {
  private let comparison: Comparison
  private let isPossible: Bool
  /// The positions of the first objects of the state that have not been passed, by bucket.
  private var next: [String: Int] = [:]
  private(set) var equal = EqualObjects.none

  init(_ comparison: Comparison) {
    self.comparison = comparison
    isPossible = comparison.contents.trustsETags && !comparison.rules.hasGroups
  }

  mutating func compare(_ page: ListedPage) throws(StateFailure) {
    guard isPossible, let expected = comparison.expected.buckets[page.bucket]?.items else { return }
    guard page.isInOrder else { return equal.forget(page.bucket) }
    var position = next[page.bucket] ?? 0
    var found: [Bool] = []
    for actual in page.items {
      while position < expected.count, expected[position].key < actual.key { position += 1 }
      if position < expected.count, expected[position].key == actual.key {
        found.append(try comparison.contents.isEqualAtOnce(expected[position], actual, in: page.bucket))
      } else {
        found.append(false)
      }
    }
    next[page.bucket] = position
    equal.append(found, in: page.bucket)
  }

  /// Returns what was found, when all pages are known: a bucket that has disappeared meanwhile has no objects.
  func found(in actual: State) -> EqualObjects {
    var equal = equal
    for bucket in next.keys where actual.buckets[bucket] == nil { equal.forget(bucket) }
    return equal
  }
}

extension Comparison {
  /// Reads a state, and at the same time the contents that its buckets have at the endpoint, limited to the scope; and
  /// compares each page of a listing while the next one is in flight. What is wrong with the state is reported first.
  /// Cost: as `EndpointReader.state(of:scope:)`.
  package static func reading(
    _ unread: UnreadState, scope: Scope = .everything, session: Session, options: Options = Options(),
    suffix: String = ""
  ) async throws(StateFailure) -> Comparison {
    let (pages, feed) = AsyncStream.makeStream(of: ListedPage.self)
    // Where the answers arrive: there the next page is requested even while all threads of the pool read files.
    let listing = Task(executorPreference: session.store.executor) { () async -> Result<State, StateFailure> in
      defer { feed.finish() }
      do throws(StateFailure) {
        let reader = EndpointReader(session)
        return .success(try await reader.state(of: unread.buckets, scope: scope) { feed.yield($0) })
      } catch {
        return .failure(error)
      }
    }
    return try await withTaskCancellationHandler { () async -> Result<Comparison, StateFailure> in
      do throws(StateFailure) {
        let expected = try unread.read()
        let unlisted = State(buckets: [:], source: EndpointSource(session, [:]))
        var early = EarlyComparison(
          Comparison(expected: expected, actual: unlisted, session: session, options: options, suffix: suffix))
        for await page in pages { try early.compare(page) }
        let actual = try await listing.value.get()
        guard !Task.isCancelled else { throw .interrupted }
        return .success(
          Comparison(
            expected: expected, actual: actual, session: session, options: options, suffix: suffix,
            early: early.found(in: actual)))
      } catch {
        listing.cancel()
        return .failure(error)
      }
    } onCancel: {
      listing.cancel()
    }.get()
  }
}
