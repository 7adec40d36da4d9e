import TestSupport
import Testing

@testable import Core

@Suite("Reading ahead")
struct ReadaheadTests {
  private static let kibibyte: Int64 = 1 << 10
  private static let mebibyte: Int64 = 1 << 20
  private let huge: Int64 = 1 << 40

  private func reads(_ count: Int, of size: Int64 = 128 << 10) -> [Range<Int64>] {
    (0..<Int64(count)).map { $0 * size..<($0 + 1) * size }
  }

  @Test("Reads in order fetch every byte ahead of them once, in growing ranges of at most 16 MiB")
  func sequential() {
    var readahead = Readahead()
    var end: Int64 = 128 << 10
    var largest: Int64 = 0
    for read in reads(1000) {
      for fetch in readahead.next(read: read, fileSize: huge) {
        #expect(fetch.lowerBound == end)
        end = fetch.upperBound
        largest = max(largest, Int64(fetch.count))
      }
      #expect(end >= read.upperBound + 128 << 10)
      #expect(end <= read.upperBound + 32 * Self.mebibyte)
    }
    #expect(largest == 16 * Self.mebibyte)
    #expect(end >= 1000 * 128 * Self.kibibyte + 16 * Self.mebibyte)
  }

  @Test("The first read from the start opens the first window")
  func firstRead() {
    var readahead = Readahead()
    #expect(readahead.next(read: 0..<4096, fileSize: huge) == [4096..<4096 + 256 * Self.kibibyte])
  }

  @Test("The first window is twice the first read, where that is large")
  func firstLargeRead() {
    var readahead = Readahead()
    let (end, next) = (Self.mebibyte, 3 * Self.mebibyte)
    #expect(readahead.next(read: 0..<end, fileSize: huge) == [end..<next])
  }

  @Test("Large reads of a large kernel window may come in another order, too")
  func largeReadsOutOfOrder() {
    var readahead = Readahead()
    let large = reads(12, of: Self.mebibyte)
    for read in [large[0], large[2], large[1], large[4], large[3], large[5], large[7], large[6]] {
      _ = readahead.next(read: read, fileSize: huge)
      #expect(readahead.isSequential)
    }
  }

  @Test("Nothing is fetched past the end of the file")
  func endOfFile() {
    var readahead = Readahead()
    #expect(readahead.next(read: 0..<4096, fileSize: 5000) == [4096..<5000])
    #expect(readahead.next(read: 4096..<5000, fileSize: 5000) == [])
    var short = Readahead()
    #expect(short.next(read: 0..<131_072, fileSize: 100) == [])
  }

  @Test("Bytes that are certain to be read are fetched in few large ranges, from any offset")
  func certain() {
    let start = 5 * Self.mebibyte + 1
    var readahead = Readahead(limits: Readahead.Limits().certain(within: 32 << 20), from: start)
    var fetches: [Range<Int64>] = []
    for read in reads(512) {
      let read = start + read.lowerBound..<start + read.upperBound
      fetches += readahead.next(read: read, fileSize: start + 64 * Self.mebibyte)
    }
    #expect(fetches.count <= 5)
    #expect(fetches.first?.lowerBound == start + 128 * Self.kibibyte)
    #expect(fetches.last?.upperBound == start + 64 * Self.mebibyte)
    #expect(zip(fetches, fetches.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
  }

  @Test(
    "Many concurrent readers share the prefetch budget",
    arguments: [(1, 16), (2, 8), (8, 2), (100, 1)] as [(Int64, Int64)])
  func shared(readers: Int64, mebibytes: Int64) {
    var readahead = Readahead(limits: Readahead.Limits().certain(within: (32 << 20) / readers), from: 0)
    for read in reads(1000) {
      for fetch in readahead.next(read: read, fileSize: huge) { #expect(fetch.count <= mebibytes * Self.mebibyte) }
    }
    let next = readahead.next(read: 125 * Self.mebibyte..<125 * Self.mebibyte + 4096, fileSize: huge)
    #expect(next.allSatisfy { $0.upperBound <= (125 + 2 * mebibytes) * Self.mebibyte })
  }

  @Test("Random reads prefetch nothing")
  func random() {
    var generator = SeededGenerator(seed: 1)
    var readahead = Readahead()
    var last: Int64 = 0
    for _ in 0..<200 {
      var offset = last
      while abs(offset - last) < 2 * Self.mebibyte { offset = Int64.random(in: 1..<huge, using: &generator) }
      #expect(readahead.next(read: offset..<offset + 4096, fileSize: huge) == [])
      last = offset
    }
  }

  @Test("After a jump a small read that is near by chance prefetches nothing")
  func nearByChance() {
    var readahead = Readahead()
    for read in reads(100) { _ = readahead.next(read: read, fileSize: huge) }
    let far: Int64 = 1 << 30
    #expect(readahead.next(read: far..<far + 4096, fileSize: huge) == [])
    for distance: Int64 in [40 << 10, 300 << 10, 200 << 10] {
      #expect(readahead.next(read: far + distance..<far + distance + 4096, fileSize: huge) == [])
      #expect(!readahead.isSequential)
    }
  }

  @Test("After a jump two reads in order open the first window again")
  func jump() {
    var readahead = Readahead()
    for read in reads(100) { _ = readahead.next(read: read, fileSize: huge) }
    let far: Int64 = 1 << 30
    #expect(readahead.next(read: far..<far + 4096, fileSize: huge) == [])
    let fetched = readahead.next(read: far + 4096..<far + 8192, fileSize: huge)
    #expect(fetched == [far + 8192..<far + 8192 + 256 * Self.kibibyte])
  }

  @Test("Reads slightly out of order count as in order", arguments: UInt64(1)...10)
  func outOfOrder(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var readahead = Readahead()
    var fetches: [Range<Int64>] = readahead.next(read: 0..<128 << 10, fileSize: huge)
    // Groups of three, each in any order, as the kernel sends parallel reads.
    let all = Array(reads(1201).dropFirst())
    for group in stride(from: 0, to: all.count, by: 3) {
      for read in all[group..<group + 3].shuffled(using: &generator) {
        fetches += readahead.next(read: read, fileSize: huge)
      }
    }
    #expect(zip(fetches, fetches.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    #expect(fetches.contains { $0.count == 16 << 20 })
    #expect(fetches.last!.upperBound > all.last!.upperBound + 15 << 20)
  }

  @Test("Reading the same range again fetches nothing more")
  func again() {
    var readahead = Readahead()
    _ = readahead.next(read: 0..<4096, fileSize: huge)
    #expect(readahead.next(read: 0..<4096, fileSize: huge) == [])
  }
}
