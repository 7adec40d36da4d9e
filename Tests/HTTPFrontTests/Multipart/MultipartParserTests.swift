import Testing

@testable import HTTPFront

struct MultipartParserTests {
  private static let body = """
    preamble\r\n--XX\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n\
    one\r\n--X not the end\r\n\r\n--XX\r\nContent-Disposition: form-data; name="e"; filename="empty"\r\n\r\n\r\n--XX  \r\n\
    Content-Disposition: form-data; name="field"\r\n\r\nvalue\r\n--XX--\r\nepilogue
    """

  private struct Part: Equatable {
    var header: MultipartHeader
    var text: String
  }

  private static func parts(of body: String, pieceSize: Int) throws -> [Part] {
    var parser = MultipartParser(boundary: "XX")
    var parts: [Part] = []
    var bytes: [UInt8] = []
    var rest = Array(body.utf8)[...]
    while !rest.isEmpty {
      parser.feed(Array(rest.prefix(pieceSize)))
      while let event = try parser.next() {
        switch event {
        case .partBegins(let header): parts.append(Part(header: header, text: ""))
        case .data(let data): bytes += data
        case .partEnds:
          parts[parts.count - 1].text = String(decoding: bytes, as: UTF8.self)
          bytes = []
        }
      }
      rest = rest.dropFirst(pieceSize)
    }
    try parser.finish()
    return parts
  }

  @Test(arguments: [1, 2, 3, 5, 7, 11, 64, 10_000])
  func `the parts are the same, however the body is split into pieces`(pieceSize: Int) throws {
    #expect(
      try Self.parts(of: Self.body, pieceSize: pieceSize) == [
        Part(header: MultipartHeader(fileName: "a.txt", contentType: "text/plain"), text: "one\r\n--X not the end\r\n"),
        Part(header: MultipartHeader(fileName: "empty"), text: ""), Part(header: MultipartHeader(), text: "value"),
      ])
  }

  @Test func `a body may begin with its boundary`() throws {
    #expect(
      try Self.parts(of: "--XX\r\n\r\nhi\r\n--XX--", pieceSize: 3) == [Part(header: MultipartHeader(), text: "hi")])
  }

  @Test(arguments: ["", "--XX\r\n\r\nhi", "--XX\r\n\r\nhi\r\n--XX", "--XX\r\n\r\nhi\r\n--XX\r\n"])
  func `a cut body is an error`(body: String) {
    #expect(throws: HTTPError.self) { try Self.parts(of: body, pieceSize: 4) }
  }

  @Test func `endless headers are refused`() {
    var parser = MultipartParser(boundary: "XX")
    parser.feed(Array("--XX\r\nA: \(String(repeating: "x", count: 20_000))".utf8))
    #expect(throws: HTTPError.self) { try parser.next() }
  }
}

struct MultipartHeaderTests {
  @Test(arguments: [
    (#"form-data; name="f"; filename="a.txt""#, "a.txt"), (#"form-data; filename=a.txt; name=f"#, "a.txt"),
    (#"form-data; name="x; filename=no"; filename="yes""#, "yes"), (#"form-data; filename="日本.txt""#, "日本.txt"),
    (#"form-data; filename="a%22b%0Ac%41""#, "a\"b\nc%41"), (#"form-data; filename="a\"b""#, "a\"b"),
    (#"form-data; filename="C:\dir\file.txt""#, "file.txt"), (#"form-data; filename="../../etc/passwd""#, "passwd"),
    (#"form-data; filename="x"; filename*=UTF-8''%e6%97%a5"#, "日"), (#"form-data; filename="""#, nil),
    (#"form-data; name="f""#, nil), (#"form-data; filename="..""#, nil), (#"form-data; filename="dir/""#, "dir"),
  ])
  func `the file's name is the last component of the path sent`(disposition: String, name: String?) throws {
    #expect(try Self.header("content-disposition: \(disposition)").baseName == name)
  }

  private static func header(_ line: String) throws -> MultipartHeader {
    try MultipartHeader(lines: [Array(line.utf8)[...]], ofPart: 1)
  }

  @Test(
    arguments: [
      [0x93, 0xFA], [0x8D, 0x91], [0xE9], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xFF],
    ] as [[UInt8]])
  func `a name that is not UTF-8 is refused, with the number of the part`(name: [UInt8]) {
    let line = Array("Content-Disposition: form-data; name=\"f\"; filename=\"".utf8) + name + Array(".txt\"".utf8)
    #expect { try MultipartHeader(lines: [line[...]], ofPart: 3) } throws: { error in
      (error as? HTTPError).map { $0.status == 400 && $0.message.contains("Part 3") } ?? false
    }
  }

  @Test(arguments: [
    "Content-Disposition: form-data; filename*=iso-8859-1''%e9", "Content-Disposition: form-data; filename*=UTF-8''%e9",
    "Content-Disposition: form-data; filename*=x", "Content-Transfer-Encoding: base64",
  ])
  func `a header that could only be guessed is refused`(line: String) {
    #expect(throws: HTTPError.self) { try Self.header(line) }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=abc", "abc"), ("Multipart/Form-Data; charset=x; boundary=\"a b\"", "a b"),
    ("multipart/form-data", nil), ("text/plain; boundary=x", nil), ("multipart/form-data; boundary=", nil),
  ])
  func `the boundary is read from the Content-Type`(type: String, boundary: String?) {
    #expect(MultipartHeader.boundary(ofContentType: type) == boundary)
  }
}
