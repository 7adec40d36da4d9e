import S3

/// Finds explanations for a missing key, such as its bytes under another key: writing to the wrong folder is the most
/// common bug.
package struct Hints: Sendable {
  private let session: Session
  private let expected: State
  private let actual: State

  /// How many other buckets are searched, and how many of their pages.
  private static let otherBuckets = 20
  private static let pages = 5

  package init(_ session: Session, expected: State, actual: State) {
    self.session = session
    self.expected = expected
    self.actual = actual
  }

  /// Returns the differences with hints. Cost: none, unless a missing object is found nowhere in the buckets compared:
  /// then one ListBuckets and up to 5 LIST of each of up to 20 others.
  package func adding(to differences: Differences) async throws(StateFailure) -> Differences {
    var differences = differences
    let missing = differences.list.indices.filter { index in
      differences.list[index].change == .missing && (differences.list[index].expected?.size ?? 0) > 0
    }
    guard !missing.isEmpty else { return differences }
    let unexpected = differences.list.filter { $0.change == .unexpected }
    var places = Places()
    for difference in unexpected {
      if let item = difference.actual { try await places.add(item, difference.bucket, actual.source) }
    }
    var isSearched = false
    for index in missing {
      guard let item = differences.list[index].expected else { continue }
      let md5 = try await expected.source.md5(of: item, in: differences.list[index].bucket)
      if places.find(md5, item.size) == nil, !isSearched {
        isSearched = true
        try await addOthers(to: &places)
      }
      if let place = places.find(md5, item.size) {
        differences.list[index].hints.append("\(place) has these bytes")
      }
    }
    return differences
  }

  /// Objects by their bytes.
  private struct Places {
    private struct Content: Hashable {
      let md5: MD5Digest
      let size: Int64
    }

    private var places: [Content: String] = [:]

    func find(_ md5: MD5Digest, _ size: Int64) -> String? { places[Content(md5: md5, size: size)] }

    /// Objects without a plain ETag are left out: a hint is not worth a GET.
    mutating func add(_ item: Item, _ bucket: String, _ source: any StateSource) async throws(StateFailure) {
      let md5: MD5Digest
      if case .object(let etag, _) = item.content {
        guard case .md5(let known) = ETagForm(etag) else { return }
        md5 = known
      } else {
        md5 = try await source.md5(of: item, in: bucket)
      }
      let content = Content(md5: md5, size: item.size)
      if places[content] == nil { places[content] = "\(bucket)/\(item.key)" }
    }
  }

  private func addOthers(to places: inout Places) async throws(StateFailure) {
    guard actual.source is EndpointSource else { return }
    let names = try await s3 { () async throws(S3Error) in try await session.store.listBuckets() }.map(\.name)
    for name in names.filter({ actual.buckets[$0] == nil }).prefix(Self.otherBuckets) {
      var request = ListRequest(bucket: name, delimiter: nil)
      for _ in 0..<Self.pages {
        // Another user's bucket may be gone or inaccessible: then there is no hint.
        guard let page = try? await session.store.listObjects(request) else { break }
        for object in page.objects {
          let item = Item(key: object.key, size: object.size, content: .object(object.etag, object.lastModified))
          try await places.add(item, name, actual.source)
        }
        request.continuationToken = page.nextToken
        if page.nextToken == nil { break }
      }
    }
  }
}
