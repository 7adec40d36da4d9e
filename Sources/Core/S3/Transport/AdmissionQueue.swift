/// Decides which waiting transfer may start next: first come, first served within two kinds, and transfers of objects'
/// bytes can never take every connection, so that a small request does not wait behind large ones. Pure.
struct AdmissionQueue<Element> {
  let limit: Int
  /// The number of connections that bulk transfers may take.
  let bulkLimit: Int

  private(set) var active = 0
  private(set) var activeBulk = 0
  private var small: [Element] = []
  private var bulk: [Element] = []

  init(limit: Int) {
    self.limit = max(1, limit)
    bulkLimit = max(1, limit - limit / 8)
  }

  var isEmpty: Bool { small.isEmpty && bulk.isEmpty }
  var waiting: [Element] { small + bulk }

  mutating func append(_ element: Element, isBulk: Bool) {
    if isBulk { bulk.append(element) } else { small.append(element) }
  }

  /// Takes the next one that may start, and counts it as active.
  mutating func next() -> Element? {
    guard active < limit else { return nil }
    if !small.isEmpty {
      active += 1
      return small.removeFirst()
    }
    guard !bulk.isEmpty, activeBulk < bulkLimit else { return nil }
    active += 1
    activeBulk += 1
    return bulk.removeFirst()
  }

  /// Releases the connection of a transfer that `next` returned and that has ended.
  mutating func release(isBulk: Bool) {
    active -= 1
    if isBulk { activeBulk -= 1 }
  }

  /// Removes every waiting transfer that `matches`.
  mutating func removeAll(where matches: (Element) -> Bool) -> [Element] {
    let removed = waiting.filter(matches)
    guard !removed.isEmpty else { return [] }
    small.removeAll(where: matches)
    bulk.removeAll(where: matches)
    return removed
  }
}
