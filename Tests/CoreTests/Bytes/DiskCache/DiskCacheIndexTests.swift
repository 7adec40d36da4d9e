// SEMANTICS: 10.6
import S3
import Testing

@testable import Core

struct DiskCacheIndexTests {
  private func name(_ number: Int) -> DiskCacheName {
    DiskCacheName(ObjectReference(bucket: "b", key: ObjectKey("\(number)")))
  }

  @Test func `the least recently used files are evicted first, until a tenth of the limit is free`() {
    var index = DiskCacheIndex()
    for number in 0..<10 { index.set(name(number), .init(bytes: 100, used: Int64(number))) }
    index.set(name(0), .init(bytes: 100, used: 100))
    #expect(index.removeOldest(limit: 1000).isEmpty)
    #expect(index.removeOldest(limit: 900) == [name(1), name(2)])
    #expect(index.bytes == 800 && index.contains(name(0)) && !index.contains(name(1)))
  }

  @Test func `the bytes of a file that changes its size are counted once`() {
    var index = DiskCacheIndex()
    for bytes in [10, 20, 5] { index.set(name(1), .init(bytes: Int64(bytes), used: 0)) }
    #expect(index.bytes == 5)
    #expect(index.remove(name(1)) && !index.remove(name(1)) && index.bytes == 0)
  }

  @Test func `a name is parsed back from its file name, and other file names are refused`() {
    let name = name(7)
    #expect(DiskCacheName(name.fileName) == name && name.fileName.count == 16)
    #expect(DiskCacheName("0123456789abcdef.12.partial") == nil && DiskCacheName("+123456789abcdef") == nil)
  }
}
