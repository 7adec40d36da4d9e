import Core
import Testing

@testable import HTTPFront

struct HTTPDateTests {
  private static let example = Timestamp(seconds: 784_111_777)

  @Test func `dates are written in the first form`() {
    #expect(HTTPDate.format(Self.example) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.formatISO(Self.example) == "1994-11-06T08:49:37Z")
  }

  @Test(arguments: [-1, 0, 86_399, 951_782_400, 951_868_800, 4_102_444_800, -2_208_988_800, 1_709_164_800] as [Int64])
  func `written dates are parsed back`(seconds: Int64) {
    let time = Timestamp(seconds: seconds)
    #expect(Timestamp(httpDate: HTTPDate.format(time)) == time)
  }

  @Test(arguments: [.min, .min + 1, -62_135_596_801, 253_402_300_800, .max] as [Int64])
  func `any time that metadata can contain has a text`(seconds: Int64) {
    let time = Timestamp(seconds: seconds)
    #expect(HTTPDate.format(time).hasSuffix(" GMT"))
    #expect(HTTPDate.formatISO(time).hasSuffix("Z"))
  }

  @Test func `29 February 2000 was a Tuesday`() {
    #expect(HTTPDate.format(Timestamp(seconds: 951_782_400)) == "Tue, 29 Feb 2000 00:00:00 GMT")
  }
}
