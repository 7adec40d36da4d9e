import Core
import Testing

@testable import FuseFront

struct InvalidationQueueTests {
  private let one = InodeNumber(rawValue: 11)
  private let two = InodeNumber(rawValue: 12)

  /// #expect cannot call mutating methods.
  private func added(_ news: InvalidationQueue.News, to queue: inout InvalidationQueue) -> Bool { queue.add(news) }

  @Test func `invalidations are returned in order`() {
    var queue = InvalidationQueue()
    #expect(added(.inode(one, contents: false), to: &queue) == true)
    #expect(added(.entry(name: [97], parent: one), to: &queue) == true)
    #expect(queue.next() == .inode(one, contents: false))
    #expect(queue.next() == .entry(name: [97], parent: one))
    #expect(queue.next() == nil)
  }

  @Test func `equal invalidations are coalesced, and contents include attributes`() {
    var queue = InvalidationQueue()
    #expect(added(.inode(one, contents: true), to: &queue) == true)
    #expect(added(.inode(one, contents: false), to: &queue) == false)
    #expect(queue.count == 1)
    #expect(queue.next() == .inode(one, contents: true))
    #expect(added(.inode(one, contents: false), to: &queue) == true)
  }

  @Test func `a later invalidation of a name replaces the earlier one`() {
    var queue = InvalidationQueue()
    _ = queue.add(.removal(name: [97], parent: one, child: two))
    _ = queue.add(.entry(name: [97], parent: one))
    #expect(queue.next() == .entry(name: [97], parent: one))
    #expect(queue.next() == nil)
  }

  @Test func `names are compared by bytes`() {
    var queue = InvalidationQueue()
    #expect(added(.entry(name: Array("\u{e9}".utf8), parent: one), to: &queue) == true)
    #expect(added(.entry(name: Array("e\u{301}".utf8), parent: one), to: &queue) == true)
    #expect(queue.count == 2)
  }

  @Test func `a full queue drops the oldest`() {
    var queue = InvalidationQueue(capacity: 3)
    for number in 1...5 { _ = queue.add(.inode(InodeNumber(rawValue: UInt64(number)), contents: false)) }
    #expect(queue.count == 3)
    #expect(queue.next() == .inode(InodeNumber(rawValue: 3), contents: false))
  }

  @Test func `ten thousand invalidations pass through`() {
    var queue = InvalidationQueue(capacity: 100)
    for number in 1...10_000 {
      #expect(added(.inode(InodeNumber(rawValue: UInt64(number)), contents: false), to: &queue) == true)
      if number > 50 {
        #expect(queue.next() == .inode(InodeNumber(rawValue: UInt64(number - 50)), contents: false))
      }
    }
    #expect(queue.count == 50)
  }
}
