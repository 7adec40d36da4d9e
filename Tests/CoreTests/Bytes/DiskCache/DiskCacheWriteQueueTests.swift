// SEMANTICS: 10.6
import S3
import Testing

@testable import Core

struct DiskCacheWriteQueueTests {
  private let object = DiskCacheObject(
    version: .init(reference: ObjectReference(bucket: "b", key: "k"), etag: ETag("e")), size: 1 << 40)

  private func block(_ index: Int64) -> ContentCache.Block {
    ContentCache.Block(
      offset: index * ContentCache.blockSize, bytes: [UInt8](repeating: 0, count: Int(ContentCache.blockSize)))
  }

  @Test func `a block evicted from memory before its turn is not written`() {
    var queue = DiskCacheWriteQueue()
    for index in Int64(0)..<3 { queue.add(block(index), of: object, id: 1, isPassing: false) }
    queue.evicted(1, of: 1)
    queue.evicted(7, of: 1)
    #expect(queue.takePassing(8, ifMuch: false).isEmpty)
    #expect(queue.take(8).map(\.block.offset) == [0, 2 * ContentCache.blockSize] && queue.isEmpty)
  }

  @Test func `passing blocks that were evicted are held up to the allowed lag of the disk`() {
    var queue = DiskCacheWriteQueue()
    for index in Int64(0)..<300 { queue.add(block(index), of: object, id: 1, isPassing: true) }
    for index in Int64(0)..<300 { queue.evicted(index, of: 1) }
    #expect(queue.take(300).count == DiskCacheWriteQueue.mostAlone / Int(ContentCache.blockSize) && queue.isEmpty)
  }

  @Test func `passing blocks do not count towards the lag while they are in memory`() {
    var queue = DiskCacheWriteQueue()
    for index in Int64(0)..<300 { queue.add(block(index), of: object, id: 1, isPassing: true) }
    for index in Int64(0)..<10 { queue.evicted(index, of: 1) }
    #expect(queue.take(20).map { $0.block.offset / ContentCache.blockSize } == Array(0..<20))
    // Blocks that were taken make room again.
    for index in Int64(20)..<300 { queue.evicted(index, of: 1) }
    #expect(queue.take(300).count == DiskCacheWriteQueue.mostAlone / Int(ContentCache.blockSize) && queue.isEmpty)
  }

  @Test func `the writer is woken once, when there is much to write`() {
    var queue = DiskCacheWriteQueue()
    var woken = 0
    for index in Int64(0)..<32 {
      if queue.isPassingMuch(after: Int(ContentCache.blockSize)) { woken += 1 }
      queue.add(block(index), of: object, id: 1, isPassing: true)
      if index == 3 { #expect(queue.takePassing(32, ifMuch: true).isEmpty) }
    }
    #expect(woken == 1 && queue.takePassing(32, ifMuch: true).count == 32)
  }
}
