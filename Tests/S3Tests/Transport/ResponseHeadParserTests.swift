import Testing

@testable import S3

@Suite("Heads of responses")
struct ResponseHeadParserTests {
  private func parse(_ lines: [[UInt8]]) -> ResponseHead? {
    var parser = ResponseHeadParser()
    var head: ResponseHead?
    for line in lines { line.withUnsafeBytes { head = parser.take(line: $0) ?? head } }
    return head
  }

  private func parse(_ text: String) -> ResponseHead? {
    parse(text.split(separator: "\n", omittingEmptySubsequences: false).map { Array("\($0)\r\n".utf8) })
  }

  @Test("status and headers are parsed, with names in lower case")
  func plain() {
    let head = parse("HTTP/1.1 206 Partial Content\nETag: \"x\" \nX-Amz-Meta-A:1:2\n")
    #expect(head?.status == 206)
    #expect(head?["etag"] == "\"x\"")
    #expect(head?["x-amz-meta-a"] == "1:2")
    #expect(head?["absent"] == nil)
  }

  @Test("interim responses are skipped, trailers are ignored")
  func interim() {
    let head = parse("HTTP/1.1 100 Continue\nServer: a\n\nHTTP/1.1 200\nServer: b\n\nTrailer: c\n")
    #expect(head?.status == 200)
    #expect(head?.fields == [HeaderField(name: "server", value: "b")])
  }

  @Test("values that are not UTF-8 are read as Latin-1")
  func latin() {
    let head = parse([Array("HTTP/1.1 200 OK\r\n".utf8), Array("a: ".utf8) + [0xE9, 0x0D, 0x0A], [0x0D, 0x0A]])
    #expect(head?.fields == [HeaderField(name: "a", value: "é", isLatin1: true)])
    #expect(head?.fields.first?.bytes == [0xE9])
  }
}
