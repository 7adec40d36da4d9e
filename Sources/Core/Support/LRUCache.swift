/// Values by key up to a total cost; the least recently used are evicted first. All operations are O(1) amortised.
struct LRUCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  struct Evicted: Sendable {
    let key: Key
    let value: Value
  }

  /// A node of the list in order of use. Freed nodes are chained by `newer`. Separate from the entries, so that using
  /// one does not copy others.
  private struct Node {
    var newer: Int
    var older: Int
  }

  private static var none: Int { -1 }

  /// The limit of the total cost of all entries. Lower it with `setCapacity`.
  private(set) var capacity: Int
  private(set) var cost = 0
  private var nodes: [Node] = []
  /// The entry of the node with the same index; nil if that is free.
  private var entries: [(key: Key, value: Value, cost: Int)?] = []
  private var indices: [Key: Int] = [:]
  private var newest = Self.none
  private var oldest = Self.none
  private var free = Self.none

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { indices.count }

  /// Returns the value of a key, which becomes the most recently used.
  mutating func get(_ key: Key) -> Value? {
    guard let index = indices[key] else { return nil }
    unlink(index)
    linkNewest(index)
    return entries[index]?.value
  }

  /// Returns the value of a key without using it.
  func peek(_ key: Key) -> Value? { indices[key].flatMap { entries[$0]?.value } }

  /// Sets a value and returns the entries that are evicted for it. The value that it replaces is not among these; a
  /// value that costs more than the whole capacity is.
  @discardableResult
  mutating func set(_ key: Key, _ value: Value, cost: Int = 1) -> [Evicted] {
    remove(key)
    guard cost <= capacity else { return [Evicted(key: key, value: value)] }
    let evicted = evict(to: capacity - cost)
    let index = allocate()
    entries[index] = (key, value, cost)
    indices[key] = index
    self.cost += cost
    linkNewest(index)
    return evicted
  }

  @discardableResult
  mutating func remove(_ key: Key) -> Value? {
    guard let index = indices.removeValue(forKey: key), let entry = entries[index] else { return nil }
    unlink(index)
    cost -= entry.cost
    entries[index] = nil
    nodes[index] = Node(newer: free, older: Self.none)
    free = index
    return entry.value
  }

  /// Evicts the least recently used until the rest costs at most `limit`.
  mutating func evict(to limit: Int) -> [Evicted] {
    var evicted: [Evicted] = []
    while cost > limit, oldest != Self.none, let key = entries[oldest]?.key, let value = remove(key) {
      evicted.append(Evicted(key: key, value: value))
    }
    return evicted
  }

  /// Removes the least recently used entry and returns its value.
  mutating func removeOldest() -> Value? {
    guard oldest != Self.none, let key = entries[oldest]?.key else { return nil }
    return remove(key)
  }

  mutating func setCapacity(_ capacity: Int) -> [Evicted] {
    self.capacity = capacity
    return evict(to: capacity)
  }

  mutating func removeAll() { self = Self(capacity: capacity) }

  /// The keys, the most recently used first. O(n).
  var keys: [Key] {
    var keys: [Key] = []
    var index = newest
    while index != Self.none {
      if let key = entries[index]?.key { keys.append(key) }
      index = nodes[index].older
    }
    return keys
  }

  // MARK: The list

  private mutating func allocate() -> Int {
    guard free != Self.none else {
      nodes.append(Node(newer: Self.none, older: Self.none))
      entries.append(nil)
      return nodes.count - 1
    }
    let index = free
    free = nodes[index].newer
    return index
  }

  private mutating func linkNewest(_ index: Int) {
    nodes[index].newer = Self.none
    nodes[index].older = newest
    if newest != Self.none { nodes[newest].newer = index }
    newest = index
    if oldest == Self.none { oldest = index }
  }

  private mutating func unlink(_ index: Int) {
    let (newer, older) = (nodes[index].newer, nodes[index].older)
    if newer == Self.none { newest = older } else { nodes[newer].older = older }
    if older == Self.none { oldest = newer } else { nodes[older].newer = newer }
  }
}
