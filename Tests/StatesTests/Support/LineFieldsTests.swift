import S3
import Testing

@testable import States

@Suite("Fields of remembered lines")
struct LineFieldsTests {
  @Test("fields are read from the left, and only a whole line is at its end")
  func fields() {
    var fields = LineFields(Array("a 12 -3 0f b".utf8)[...])
    #expect(fields.text() == "a")
    #expect(fields.integer() == UInt64(12))
    #expect(fields.integer() == Int64(-3))
    #expect(fields.next().flatMap { UInt64(hexadecimal: $0) } == 15)
    #expect(!fields.isAtEnd)
    #expect(fields.text() == "b")
    #expect(fields.isAtEnd && fields.next() == nil)
  }

  @Test("an empty field ends the reading", arguments: ["", " a", "a  b", "a "])
  func empty(line: String) {
    var fields = LineFields(Array(line.utf8)[...])
    var found = 0
    while fields.next() != nil { found += 1 }
    #expect(found <= 1)
  }

  @Test(
    "integers are decimal, and as large as their type",
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("", nil), ("-", nil), ("+1", nil), ("1a", nil), (" 1", nil), ("0x1", nil),
    ] as [(String, Int64?)])
  func integers(text: String, value: Int64?) {
    #expect(LineFields.integer(Array(text.utf8)[...]) == value)
  }

  @Test("digests are read from digits of either case, of their exact length")
  func digests() {
    let text = "d41d8cd98f00b204e9800998ecf8427e"
    #expect(MD5Digest(hexadecimal: text)?.description == text)
    #expect(MD5Digest(hexadecimal: text.uppercased())?.description == text)
    #expect(SHA256Digest(hexadecimal: text + text)?.description == text + text)
    for wrong in ["", String(text.dropLast()), text + "0", "g" + text.dropFirst(), "é" + text.dropFirst(2)] {
      #expect(MD5Digest(hexadecimal: wrong) == nil)
      #expect(SHA256Digest(hexadecimal: wrong + text) == nil)
    }
  }

  @Test("a line is open only with the checksum that it was sealed with")
  func seal() {
    let line = Array("O 1 key".utf8)
    let sealed = line + Array(" \(LineSeal.checksum(line[...]))".utf8)
    #expect(LineSeal.open(sealed[...])?.elementsEqual(line) == true)
    for index in sealed.indices {
      var damaged = sealed
      damaged[index] ^= 1
      #expect(LineSeal.open(damaged[...]) == nil)
    }
    #expect(LineSeal.open(Array(" 0000000".utf8)[...]) == nil)
  }
}
