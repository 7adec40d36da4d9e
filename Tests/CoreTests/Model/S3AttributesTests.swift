// SEMANTICS: 6.5
import S3
import Testing

@testable import Core

@Suite("S3's properties as extended attributes") struct S3AttributesTests {
  @Test func `every stored header is an attribute of its name`() {
    var properties = ObjectProperties(userMetadata: ["a": "b"])
    for header in StoredHeader.all { properties[keyPath: header.value] = "value of \(header.name)" }
    let attributes = S3Attributes.of(properties, etag: ETag("tag"), versionID: "1")
    for header in StoredHeader.all {
      #expect(attributes[S3Attributes.name(of: header)] == "value of \(header.name)")
    }
    #expect(attributes["user.s3.storage-class"] == "value of x-amz-storage-class")
    #expect(attributes["user.s3.metadata.a"] == "b" && attributes["user.s3.etag"] == "tag")
    #expect(attributes["user.s3.version-id"] == "1")
    #expect(attributes.count == StoredHeader.all.count + 3)
  }

  @Test func `missing properties have no attribute, and an unnamed storage class is STANDARD`() {
    #expect(S3Attributes.of(ObjectProperties(), etag: ETag("")) == ["user.s3.storage-class": "STANDARD"])
  }
}
