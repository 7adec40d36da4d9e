/// Parses the answer of ListObjectsV2.
///
/// Keys may be encoded (`encoding-type=url`), because XML cannot contain every character of them; the element that says
/// so may follow the keys, so that decoding waits until the end.
package final class ListingDecoder: SAXHandler {
  private struct Entry {
    var key = ""
    var size: Int64 = 0
    var etag = ETag("")
    var lastModified: Timestamp?
    var storageClass: String?
  }

  /// The owner's name and number are skipped.
  let deepestText = 3

  // Unchecked: see `SAXParser`.
  @exclusivity(unchecked) private var entries: [Entry] = []
  private var prefixes: [String] = []
  @exclusivity(unchecked) private var entry = Entry()
  @exclusivity(unchecked) private var parent = ""
  private var root: String?
  private var isEncoded = false
  private var isTruncated = false
  private var saysWhetherAll = false
  private var token: String?
  @exclusivity(unchecked) private var dates = DateMemo()
  /// What is wrong with the first object that cannot be read.
  private var failure: XMLFailure?

  package static func decode(_ document: [UInt8]) throws(XMLFailure) -> ListPage {
    try SAXParser.parse(document, into: { ListingDecoder() }).page()
  }

  func start(_ name: String, depth: Int) {
    if depth == 1 { root = name }
    guard depth == 2 else { return }
    parent = name
    if name == "Contents" { entry = Entry() }
  }

  func end(_ name: String, text: [UInt8], depth: Int) {
    switch depth {
    case 2: endOfSecondLevel(name, text)
    case 3 where parent == "Contents": endOfProperty(name, text)
    case 3 where parent == "CommonPrefixes" && name == "Prefix": prefixes.append(Self.string(text))
    default: break
    }
  }

  private func endOfSecondLevel(_ name: String, _ text: [UInt8]) {
    switch name {
    case "Contents": entries.append(entry)
    case "EncodingType": isEncoded = Self.string(text) == "url"
    case "IsTruncated":
      isTruncated = Self.string(text) == "true"
      saysWhetherAll = true
    case "NextContinuationToken": token = Self.string(text)
    default: break
    }
  }

  private func endOfProperty(_ name: String, _ text: [UInt8]) {
    switch name {
    case "Key": entry.key = Self.string(text)
    case "Size":
      let text = Self.string(text)
      if let size = ObjectSize.parse(text) { entry.size = size } else { fail("\"\(text)\" is not a size") }
    case "ETag": entry.etag = ETag(text)
    case "LastModified":
      entry.lastModified = dates.timestamp(text)
      if entry.lastModified == nil { fail("\"\(Self.string(text))\" is not a date") }
    case "StorageClass":
      let text = Self.string(text)
      entry.storageClass = text == "STANDARD" ? nil : text
    default: break
    }
  }

  private static func string(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self) }

  private func fail(_ message: String) { failure = failure ?? XMLFailure(message: message) }

  private func page() throws(XMLFailure) -> ListPage {
    // No SDK checks the root's name, and some servers have another.
    guard root == "ListBucketResult" || root != "Error" && saysWhetherAll else {
      throw XMLFailure(message: "<ListBucketResult> expected, not <\(root ?? "")>")
    }
    if let failure { throw failure }
    var page = ListPage()
    page.objects.reserveCapacity(entries.count)
    for entry in entries {
      guard let time = entry.lastModified else { throw XMLFailure(message: "an object has no date") }
      page.objects.append(
        ObjectSummary(
          key: key(entry.key), size: entry.size, etag: entry.etag, lastModified: time,
          storageClass: entry.storageClass))
    }
    page.commonPrefixes = prefixes.map(key)
    if isTruncated {
      guard let token else { throw XMLFailure(message: "a truncated listing has no continuation token") }
      page.nextToken = token
    }
    return page
  }

  private func key(_ text: String) -> ObjectKey { ObjectKey(isEncoded ? PercentEncoding.decode(text) : text) }
}

/// Parses dates and caches the last: neighbours in a listing often share theirs.
private struct DateMemo {
  private var last: (text: [UInt8], timestamp: Timestamp)?

  mutating func timestamp(_ text: [UInt8]) -> Timestamp? {
    if let last, last.text == text { return last.timestamp }
    guard let timestamp = Timestamp(iso8601: text) else { return nil }
    last = (text, timestamp)
    return timestamp
  }
}
