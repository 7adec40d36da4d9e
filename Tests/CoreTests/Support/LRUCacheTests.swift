import TestSupport
import Testing

@testable import Core

@Suite("An LRU cache")
struct LRUCacheTests {
  @Test("The least recently used entry is evicted first; each use renews an entry")
  func order() {
    var cache = LRUCache<String, Int>(capacity: 2)
    #expect(cache.set("a", 1).isEmpty && cache.set("b", 2).isEmpty)
    #expect(cache.get("a") == 1)
    #expect(cache.set("c", 3).map(\.key) == ["b"])
    #expect(cache.keys == ["c", "a"])
    #expect(cache.peek("a") == 1)
    #expect(cache.set("d", 4).map(\.value) == [1])
  }

  @Test("Replacing counts the new cost only, and a value larger than the cache is not cached")
  func costs() {
    var cache = LRUCache<String, Int>(capacity: 10)
    _ = cache.set("a", 1, cost: 9)
    #expect(cache.set("a", 2, cost: 10).isEmpty)
    #expect(cache.cost == 10)
    #expect(cache.set("a", 3, cost: 11).map(\.value) == [3])
    #expect(cache.count == 0 && cache.cost == 0)
    _ = cache.set("b", 1, cost: 6)
    #expect(cache.setCapacity(5).map(\.key) == ["b"])
  }

  @Test("It agrees with an ordered list after any operations", arguments: UInt64(1)...10)
  func agreesWithList(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var cache = LRUCache<Int, Int>(capacity: 20)
    // The most recently used first.
    var list: [(key: Int, value: Int, cost: Int)] = []
    for step in 0..<400 {
      let key = Int.random(in: 0..<12, using: &generator)
      let index = list.firstIndex { $0.key == key }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0, 1:
        let cost = Int.random(in: 1...7, using: &generator)
        if let index { list.remove(at: index) }
        var evicted: [Int] = []
        while list.reduce(cost, { $0 + $1.cost }) > 20 { evicted.append(list.removeLast().key) }
        list.insert((key, step, cost), at: 0)
        #expect(cache.set(key, step, cost: cost).map(\.key) == evicted)
      case 2:
        let found = index.map { list.remove(at: $0) }
        if let found { list.insert(found, at: 0) }
        #expect(cache.get(key) == found?.value)
      default: #expect(cache.remove(key) == index.map { list.remove(at: $0).value })
      }
      #expect(cache.keys == list.map(\.key))
      #expect(cache.cost == list.reduce(0) { $0 + $1.cost })
    }
  }
}
