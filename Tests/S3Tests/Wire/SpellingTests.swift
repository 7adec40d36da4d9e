// SEMANTICS: 6.7
import Testing

@testable import S3

@Suite("Values that other clients spelt in another way")
struct SpellingTests {
  private static let fields: [(name: String, bytes: [UInt8])] = [
    ("content-type", Array("text/x-".utf8) + [0xE9]), ("content-disposition", Array("inline; filename=\"é\"".utf8)),
    ("cache-control", Array("a=".utf8) + [0x80, 0xFF]), ("x-amz-meta-latin", Array("caf".utf8) + [0xE9]),
    ("x-amz-meta-utf", Array("café".utf8)), ("x-amz-meta-words", Array("=?iso-8859-1?q?=E9?=".utf8)),
    ("x-amz-meta-blanks", Array("a  b\tc".utf8)), ("x-amz-meta-plain", Array("plain".utf8)),
    ("x-amz-meta-both", Array("=?utf-8?q?=C3=A9?= ".utf8) + [0xE9, 0x21]),
  ]

  private static func read() throws -> ObjectProperties {
    var parser = ResponseHeadParser()
    var head: ResponseHead?
    let lines =
      [Array("HTTP/1.1 200 OK".utf8), Array("ETag: e".utf8)] + fields.map { Array("\($0.name): ".utf8) + $0.bytes } + [
        []
      ]
    for line in lines { (line + Array("\r\n".utf8)).withUnsafeBytes { head = parser.take(line: $0) ?? head } }
    return try head.map { try ObjectHead($0, size: 0, tagCount: nil, operation: "HeadObject").properties }
      ?? ObjectProperties()
  }

  private static func sent(_ properties: ObjectProperties) throws -> [String: [UInt8]] {
    var request = S3Request("PutObject", .put, ObjectReference(bucket: "box", key: "a"))
    try request.apply(properties)
    return Dictionary(request.headers.map { ($0.name, $0.bytes) }) { $1 }
  }

  @Test("they are sent back byte for byte")
  func roundTrip() throws {
    let properties = try Self.read()
    #expect(properties.contentType == "text/x-é" && properties.userMetadata["latin"] == "café")
    #expect(try Self.sent(properties) == Dictionary(Self.fields.map { ($0.name, $0.bytes) }) { $1 })
  }

  @Test("they are dropped when the value changes")
  func changed() throws {
    var properties = try Self.read()
    (properties.contentType, properties.userMetadata["latin"]) = ("text/ü", "cafe\u{301}")
    let sent = try Self.sent(properties)
    #expect(sent["content-type"] == Array("text/ü".utf8))
    #expect(sent["x-amz-meta-latin"] == Array(MetadataText.encode("cafe\u{301}").utf8))
    #expect(properties.spellings["x-amz-meta-latin"] == nil && properties.spellings["content-type"] == nil)
  }

  @Test("they can be read out and set on other properties")
  func takenOver() throws {
    let read = try Self.read()
    var other = ObjectProperties(contentType: read.contentType, userMetadata: read.userMetadata)
    #expect(other != read)
    other.cacheControl = read.cacheControl
    other.contentDisposition = read.contentDisposition
    for (name, bytes) in read.spellings { other.take(spelling: bytes, of: name) }
    #expect(other == read)
    #expect(try Self.sent(other) == Self.sent(read))
  }

  @Test("they are signed as they are sent")
  func signed() {
    let field = HeaderField(name: "x-amz-meta-a", value: "é", isLatin1: true)
    #expect(CanonicalHeaders([field]).lines == Array("x-amz-meta-a:".utf8) + [0xE9, 0x0A])
  }

  @Test("Tags and values are compared by bytes")
  func bytes() {
    #expect(Tag(key: "a", value: "\u{E9}") != Tag(key: "a", value: "e\u{301}"))
    #expect(ObjectProperties(contentType: "\u{E9}") != ObjectProperties(contentType: "e\u{301}"))
    #expect(ObjectProperties(userMetadata: ["a": "\u{E9}"]) != ObjectProperties(userMetadata: ["a": "e\u{301}"]))
  }
}
