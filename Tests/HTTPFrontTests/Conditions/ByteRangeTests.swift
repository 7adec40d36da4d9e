import Testing

@testable import HTTPFront

struct ByteRangeTests {
  @Test(
    arguments: [
      ("bytes=0-", 0, 100), ("bytes=0-0", 0, 1), ("bytes=10-19", 10, 10), ("bytes=90-1000", 90, 10),
      ("bytes=-10", 90, 10),
      ("bytes=-1000", 0, 100), ("BYTES = 5-6", 5, 2), ("bytes=99-99999999999999999999999", 99, 1),
    ] as [(String, Int64, Int64)])
  func `a single range selects a part`(header: String, offset: Int64, length: Int64) {
    #expect(ByteRange(header, size: 100) == .part(offset: offset, length: length))
  }

  @Test(arguments: [
    nil, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2,x", "bytes=0-99,0-99", "items=0-1",
    "bytes=+1-2",
    "bytes=--1", "bytes=1-2-3", "bytes=0x1-2",
  ])
  func `malformed, unknown and excessive ranges are ignored`(header: String?) {
    #expect(ByteRange(header, size: 100) == .whole)
  }

  @Test func `several ranges are returned in their order, without those past the end`() {
    #expect(ByteRange("bytes=1-2,90-,4-5", size: 100) == .parts([1..<3, 90..<100, 4..<6]))
    #expect(ByteRange("bytes=1-2, 200-300", size: 100) == .part(offset: 1, length: 2))
    #expect(ByteRange("bytes=200-,300-", size: 100) == .unsatisfiable)
    #expect(ByteRange("bytes=" + Array(repeating: "0-0", count: 33).joined(separator: ","), size: 100) == .whole)
  }

  @Test func `overlapping ranges are ignored, whatever their size`() {
    let all = "0-9223372036854775806"
    #expect(ByteRange("bytes=\(all),\(all)", size: .max) == .whole)
    #expect(ByteRange("bytes=0-49,40-99", size: 100) == .whole)
    #expect(ByteRange("bytes=0-49,50-99", size: 100) == .parts([0..<50, 50..<100]))
  }

  @Test(
    arguments: [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100)]
      as [(String, Int64)])
  func `a range without any byte of the object is unsatisfiable`(header: String, size: Int64) {
    #expect(ByteRange(header, size: size) == .unsatisfiable)
    // Of an empty object every range selects the whole, as with other servers.
    #expect(ByteRange(header, size: 0) == .whole)
  }
}
