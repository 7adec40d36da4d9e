import Testing

@testable import S3

@Suite("XML of S3's answers and requests")
struct XMLTests {
  private static let listing = """
    <?xml version="1.0" encoding="UTF-8"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>x%2B</Prefix>
    <IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>
    <Contents><Key>a%20b%2Bc%01</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>
    <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>434234</Size>
    <Owner><ID>1</ID><DisplayName>Key</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>
    <Contents><Key>d</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>"e-2"</ETag><Size>0</Size>
    <StorageClass>GLACIER</StorageClass></Contents>
    <CommonPrefixes><Prefix>photos+2/</Prefix></CommonPrefixes><EncodingType>url</EncodingType></ListBucketResult>
    """

  @Test("a listing is parsed, and its keys are decoded though the encoding is stated last")
  func listing() throws {
    let page = try ListingDecoder.decode(Array(Self.listing.utf8))
    let time = Timestamp(seconds: 1_255_369_830)
    #expect(
      page
        == ListPage(
          objects: [
            ObjectSummary(
              key: "a b+c\u{1}", size: 434_234, etag: ETag("fba9dede5f27731c9771645a39863328"), lastModified: time),
            ObjectSummary(key: "d", size: 0, etag: ETag("e-2"), lastModified: time, storageClass: "GLACIER"),
          ], commonPrefixes: ["photos 2/"], nextToken: "t&1"))
  }

  @Test("keys of a listing without encoding are not decoded")
  func plainListing() throws {
    let text = Self.listing.replacing("<EncodingType>url</EncodingType>", with: "").replacing("%01", with: "")
    #expect(try ListingDecoder.decode(Array(text.utf8)).objects.first?.key == "a%20b%2Bc")
  }

  @Test("an impossible size is refused", arguments: ["-5", "9223372036854775807", "1125899906842625", "x"])
  func impossibleSize(_ size: String) {
    let text = Self.listing.replacing("434234", with: size)
    #expect(throws: XMLFailure.self) { try ListingDecoder.decode(Array(text.utf8)) }
    #expect(ResponseHead(status: 200, fields: [HeaderField(name: "content-length", value: size)]).contentLength == nil)
    #expect(ContentRange("bytes 0-1/\(size)") == nil)
  }

  @Test("a truncated listing must contain a continuation token")
  func noToken() {
    let text = Self.listing.replacing("<NextContinuationToken>t&amp;1</NextContinuationToken>", with: "")
    #expect(throws: XMLFailure.self) { try ListingDecoder.decode(Array(text.utf8)) }
  }

  @Test(
    "a document that is no listing is refused",
    arguments: ["", "<", "<html></html>", "<ListBucketResult>", "<ListBucketResult></Other>", "not xml"])
  func malformed(text: String) {
    #expect(throws: XMLFailure.self) { try ListingDecoder.decode(Array(text.utf8)) }
  }

  @Test("a document type, deep nesting and endless text are refused")
  func bounds() {
    let doctype = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"
    let deep = String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17)
    let long = "<a>" + String(repeating: "x", count: SAXParser.maximumText + 1) + "</a>"
    for text in [doctype, deep, long] {
      #expect(throws: XMLFailure.self) { try XMLElement.parse(Array(text.utf8)) }
    }
    #expect(throws: Never.self) { try XMLElement.parse(Array(deep.dropFirst(3).dropLast(4).utf8)) }
  }

  @Test("control characters, raw or as references, are read as such")
  func controlCharacters() throws {
    let root = try XMLElement.parse(Array("<Error><Code>NoSuchKey</Code><Key>a\u{1}&#x1;&#2;b&#10;</Key></Error>".utf8))
    #expect(root["Code"] == "NoSuchKey")
    #expect(root["Key"] == "a\u{1}\u{1}\u{2}b\n")
  }

  @Test("U+FFFE and U+FFFF, which XML forbids as well, are read as such")
  func endOfPlane() throws {
    let root = try XMLElement.parse(Array("<a><Key>x\u{FFFE}&#xFFFF;&#65534;\u{FFFD}\u{1}</Key></a>".utf8))
    #expect(root["Key"] == "x\u{FFFE}\u{FFFF}\u{FFFE}\u{FFFD}\u{1}")
  }

  @Test("white space before the declaration is skipped")
  func keepAliveBlanks() throws {
    let text = " \n  <?xml version=\"1.0\"?><CopyObjectResult><ETag>\"x\"</ETag></CopyObjectResult>"
    #expect(try XMLElement.parse(Array(text.utf8), root: "CopyObjectResult")["ETag"] == "\"x\"")
  }

  @Test("written documents are parsed back, character for character")
  func writing() throws {
    let hostile = "<a&b>\"'\r\n\t日本\u{85}]]>"
    let document = XMLWriter.document("Delete") { writer in
      writer.element("Object") { $0.element("Key", hostile) }
    }
    let root = try XMLElement.parse(document, root: "Delete")
    let read = try #require(root.all("Object").first?["Key"])
    #expect(ObjectKey(read) == ObjectKey(hostile))
  }

  @Test("keys that XML cannot contain are detected")
  func carrying() {
    #expect(XMLWriter.canCarry("plain\t\n\r\u{7F}日本🪣"))
    for bad in ["\u{0}", "\u{1}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"] { #expect(!XMLWriter.canCarry(bad)) }
    #expect(!S3Client.isSafeInBatch("a\nb"))
    #expect(S3Client.isSafeInBatch("日本 <&>"))
  }
}
