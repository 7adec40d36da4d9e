import S3

/// The names of a directory that one page of its listing shows, requested from a name on. Pure.
///
/// Not every server sorts keys by their bytes: SeaweedFS sorts a directory as if its name ended before the "/". A range
/// covers the names that such a page shows too.
struct ListedRange {
  /// The key after which the page began, without the directory's prefix.
  private let after: ByteName
  /// The last name of the page; nil if it is the last of the directory.
  private let last: ByteName?
  private let children: [ByteName: Child]
  /// The memory that it takes.
  let bytes: Int

  var isEmpty: Bool { children.isEmpty }

  /// Returns nil if the keys of the page do not ascend: which names it covers would be unknown.
  init?(_ page: ListPage, of location: DirectoryLocation, after: ByteName) {
    guard Self.ascends(page.objects.lazy.map(\.key)), Self.ascends(page.commonPrefixes) else { return nil }
    var listing = DirectoryListing()
    listing.add(page, prefix: location.prefix)
    (children, bytes, self.after) = (listing.children, listing.bytes, after)
    guard page.nextToken != nil else {
      last = nil
      return
    }
    guard let last = Self.lastName(of: page, in: location) else { return nil }
    self.last = last
  }

  /// Returns the last name in both orders: one that is the greatest, or that has the greatest key.
  private static func lastName(of page: ListPage, in location: DirectoryLocation) -> ByteName? {
    let object = page.objects.last.map { ByteName($0.key.dropping(prefix: location.prefix)) }
    let directory = page.commonPrefixes.last.map { ByteName(String($0.dropping(prefix: location.prefix).dropLast())) }
    guard let object, let directory else { return object ?? directory }
    let hasGreatestKey = object < ByteName(directory.string + "/") ? directory : object
    return min(hasGreatestKey, max(object, directory))
  }

  private static func ascends(_ keys: some Sequence<ObjectKey>) -> Bool {
    var previous: ObjectKey?
    for key in keys {
      if let previous, previous >= key { return false }
      previous = key
    }
    return true
  }

  /// Returns what a name is, neither object nor directory if it does not exist; nil if the page does not show it.
  func child(_ segment: ByteName) -> Child? {
    guard after < segment, last.map({ isPassed(segment, by: $0) }) ?? true else { return nil }
    return children[segment] ?? Child()
  }

  /// Returns whether a name is before another one in both orders: by itself, and with a "/" behind it.
  private func isPassed(_ segment: ByteName, by last: ByteName) -> Bool {
    guard segment < last else { return false }
    let next = last.string.utf8.dropFirst(segment.length).first
    return next.map { $0 > UInt8(ascii: "/") } ?? true || !last.hasPrefix(segment)
  }

  /// Returns a text shortly before a name, and not before many others.
  static func point(before segment: ByteName) -> ByteName {
    if let point = segment.justBefore { return point }
    let start = String(String.UnicodeScalarView(segment.string.unicodeScalars.dropLast()))
    return ByteName(segment.string.last == "0" ? start + ".~" : start)
  }
}

/// Counts how many names were requested one after the other in their order.
struct NameOrder {
  private(set) var last = ByteName("")
  private var count = 0

  /// Returns how many there are with this one.
  mutating func note(_ segment: ByteName) -> Int {
    count = last < segment ? count + 1 : 1
    last = segment
    return count
  }

  mutating func reset() { count = 0 }
}
