public import S3

extension InMemoryStore {
  public func listObjects(_ request: ListRequest) async throws(S3Error) -> ListPage {
    var request = request
    if behaviour.passesDirectories { request.startAfter = request.startAfter.map { ObjectKey("\($0)/\u{10FFFF}") } }
    let served = lastModified()
    return try access(.listObjects) { (state) throws(S3Error) in
      let bucket = try state.bucket(request.bucket, .listObjects)
      var page = page(of: bucket, request, limit: min(request.maxKeys, behaviour.pageSize, 1000))
      page.served = served
      return page
    }
  }

  private func page(of bucket: StoredBucket, _ request: ListRequest, limit: Int) -> ListPage {
    var page = ListPage()
    guard limit > 0 else { return page }
    var index = Self.firstIndex(in: bucket, request)
    var last: ListToken?
    while index < bucket.keys.count, bucket.keys[index].hasPrefix(request.prefix) {
      if page.objects.count + page.commonPrefixes.count == limit {
        page.nextToken = last?.text
        break
      }
      let key = bucket.keys[index]
      if let common = Self.commonPrefix(of: key, request) {
        page.commonPrefixes.append(common)
        last = .prefix(common)
        index = bucket.firstIndex { $0 > common && !$0.hasPrefix(common) }
      } else {
        if let object = bucket[key] { page.objects.append(object.summary(key, at: inListing(object.lastModified))) }
        last = .key(key)
        index += 1
      }
    }
    return page
  }

  private static func firstIndex(in bucket: StoredBucket, _ request: ListRequest) -> Int {
    let first = bucket.firstIndex { $0 >= request.prefix }
    switch request.continuationToken.flatMap({ ListToken(text: $0) }) {
    case .prefix(let common): return max(first, bucket.firstIndex { $0 > common && !$0.hasPrefix(common) })
    case .key(let key): return max(first, bucket.firstIndex { $0 > key })
    case nil: return max(first, request.startAfter.map { after in bucket.firstIndex { $0 > after } } ?? 0)
    }
  }

  /// The key up to and with the first delimiter after the prefix.
  private static func commonPrefix(of key: ObjectKey, _ request: ListRequest) -> ObjectKey? {
    guard let delimiter = request.delimiter?.utf8, !delimiter.isEmpty else { return nil }
    let bytes = Array(key.string.utf8)
    var start = request.prefix.length
    while start + delimiter.count <= bytes.count {
      let end = start + delimiter.count
      if bytes[start..<end].elementsEqual(delimiter) {
        return ObjectKey(String(decoding: bytes[..<end], as: UTF8.self))
      }
      start += 1
    }
    return nil
  }
}

/// Where a listing continues: after a key, or after all keys of a common prefix.
private enum ListToken {
  case key(ObjectKey)
  case prefix(ObjectKey)

  init?(text: String) {
    let rest = ObjectKey(String(text.dropFirst(2)))
    switch text.prefix(2) {
    case "k:": self = .key(rest)
    case "p:": self = .prefix(rest)
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .key(let key): "k:" + key.string
    case .prefix(let prefix): "p:" + prefix.string
    }
  }
}
