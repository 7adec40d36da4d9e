/// Parses the answer of ListObjectsV2.
///
/// Keys may be encoded (`encoding-type=url`), because XML cannot contain every character of them; the element that says
/// so may follow the keys, so that decoding waits until the end.
package final class ListingDecoder: SAXHandler {
  private struct Entry {
    var key = ""
    var size = "0"
    var etag = ""
    var lastModified = ""
    var storageClass: String?
  }

  /// The owner's name and number are skipped.
  let deepestText = 3

  private var entries: [Entry] = []
  private var prefixes: [String] = []
  private var entry = Entry()
  private var parent = ""
  private var root: String?
  private var isEncoded = false
  private var isTruncated = false
  private var saysWhetherAll = false
  private var token: String?

  package static func decode(_ document: [UInt8]) throws(XMLFailure) -> ListPage {
    try SAXParser.parse(document, into: { ListingDecoder() }).page()
  }

  func start(_ name: String, depth: Int) {
    if depth == 1 { root = name }
    guard depth == 2 else { return }
    parent = name
    if name == "Contents" { entry = Entry() }
  }

  func end(_ name: String, text: String, depth: Int) {
    switch depth {
    case 2: endOfSecondLevel(name, text)
    case 3 where parent == "Contents": endOfProperty(name, text)
    case 3 where parent == "CommonPrefixes" && name == "Prefix": prefixes.append(text)
    default: break
    }
  }

  private func endOfSecondLevel(_ name: String, _ text: String) {
    switch name {
    case "Contents": entries.append(entry)
    case "EncodingType": isEncoded = text == "url"
    case "IsTruncated":
      isTruncated = text == "true"
      saysWhetherAll = true
    case "NextContinuationToken": token = text
    default: break
    }
  }

  private func endOfProperty(_ name: String, _ text: String) {
    switch name {
    case "Key": entry.key = text
    case "Size": entry.size = text
    case "ETag": entry.etag = text
    case "LastModified": entry.lastModified = text
    case "StorageClass": entry.storageClass = text == "STANDARD" ? nil : text
    default: break
    }
  }

  private func page() throws(XMLFailure) -> ListPage {
    // No SDK checks the root's name, and some servers have another.
    guard root == "ListBucketResult" || root != "Error" && saysWhetherAll else {
      throw XMLFailure(message: "<ListBucketResult> expected, not <\(root ?? "")>")
    }
    var page = ListPage()
    page.objects.reserveCapacity(entries.count)
    var dates = DateMemo()
    for entry in entries {
      guard let time = dates.timestamp(entry.lastModified) else {
        throw XMLFailure(message: "\"\(entry.lastModified)\" is not a date")
      }
      guard let size = ObjectSize.parse(entry.size) else {
        throw XMLFailure(message: "\"\(entry.size)\" is not a size")
      }
      page.objects.append(
        ObjectSummary(
          key: key(entry.key), size: size, etag: ETag(entry.etag), lastModified: time,
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
  private var last: (text: String, timestamp: Timestamp)?

  mutating func timestamp(_ text: String) -> Timestamp? {
    if let last, last.text == text { return last.timestamp }
    guard let timestamp = Timestamp(iso8601: text) else { return nil }
    last = (text, timestamp)
    return timestamp
  }
}
