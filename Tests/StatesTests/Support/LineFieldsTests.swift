import S3
import Testing

@testable import States

@Suite("Fields of remembered lines")
struct LineFieldsTests {
  /// Passes a text as a line.
  private func withLine<Result>(_ text: String, _ body: (LineBytes) -> Result) -> Result {
    Array(text.utf8).withUnsafeBufferPointer { body($0[...]) }
  }

  @Test("fields are read from the left, and only a whole line is at its end")
  func fields() {
    withLine("a 12 -3 0f b") { line in
      var fields = LineFields(line)
      #expect(fields.text() == "a")
      #expect(fields.integer() == UInt64(12))
      #expect(fields.integer() == Int64(-3))
      #expect(fields.next().flatMap { UInt64(hexadecimal: $0) } == 15)
      #expect(!fields.isAtEnd)
      #expect(fields.text() == "b")
      #expect(fields.isAtEnd && fields.next() == nil)
    }
  }

  @Test("an empty field ends the reading", arguments: ["", " a", "a  b", "a "])
  func empty(line: String) {
    let found = withLine(line) { line in
      var fields = LineFields(line)
      var found = 0
      while fields.next() != nil { found += 1 }
      return found
    }
    #expect(found <= 1)
  }

  @Test(
    "integers are decimal, and as large as their type",
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("", nil), ("-", nil), ("+1", nil), ("1a", nil), (" 1", nil), ("0x1", nil),
    ] as [(String, Int64?)])
  func integers(text: String, value: Int64?) {
    #expect(withLine(text) { LineFields.integer($0) } == value)
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
    func open(_ bytes: [UInt8]) -> [UInt8]? {
      bytes.withUnsafeBufferPointer { LineSeal.open($0[...]).map { Array($0) } }
    }
    let line: SealedLine = "O \(1) \("key")"
    #expect(line.bytes == Array("O 1 key".utf8))
    let sealed = line.bytes + Array(" \(line.checksum)".utf8)
    #expect(open(sealed) == line.bytes)
    for index in sealed.indices {
      var damaged = sealed
      damaged[index] ^= 1
      #expect(open(damaged) == nil)
    }
    #expect(open(Array(" 0000000".utf8)) == nil)
  }

  @Test("lines are read from left to right, without empty ones, whatever their length", arguments: [1, 300_000])
  func lines(length: Int) throws {
    let path = FileAccess.temporaryPath()
    defer { FileAccess.remove(path) }
    let lines = ["a", "bc", "d"].map { String(repeating: $0, count: length) }
    try FileAccess.replace(path, writing: path + ".new") { $0.add("\n\(lines[0])\n\n\(lines[1])\n\(lines[2])".utf8) }
    var found: [String] = []
    let isRead = FileAccess.forEachLine(of: path) { line in
      found.append(String(decoding: line, as: UTF8.self))
      return true
    }
    #expect(isRead)
    #expect(found == lines)
    found = []
    FileAccess.forEachLine(of: path) { line in
      found.append(String(decoding: line, as: UTF8.self))
      return found.count < 2
    }
    #expect(found == Array(lines.prefix(2)))
    #expect(!FileAccess.forEachLine(of: path + ".missing") { _ in true })
  }
}
