// SEMANTICS: 6.7
import Testing

@testable import S3

/// What the silence of an answer says about an object's tags depends on the server, and on the kind of answer.
struct TagCountsTests {
  private func answer(_ fields: [String: String]) -> ResponseHead {
    ResponseHead(status: 200, fields: fields.map { HeaderField(name: $0.key, value: $0.value) })
  }

  @Test func `a number that is told is believed`() {
    #expect(TagCounts().count(in: answer(["x-amz-tagging-count": "2"]), isHead: true) == 2)
  }

  @Test func `silence says nothing where the kind of answer has never told a number`() {
    let counts = TagCounts()
    #expect(counts.count(in: answer([:]), isHead: true) == nil)
    #expect(counts.count(in: answer(["x-amz-tagging-count": "1"]), isHead: false) == 1)
    #expect(counts.count(in: answer([:]), isHead: true) == nil)
    #expect(counts.count(in: answer([:]), isHead: false) == 0)
    #expect(counts.count(in: answer(["x-amz-version-id": "v"]), isHead: false) == nil)
  }

  @Test(arguments: [
    ["server": "AmazonS3"], ["server": "MinIO"], ["server": "SeaweedFS 30GB 3.97"], ["x-localstack": "true"],
  ])
  func `silence is none where the server is known to tell`(_ fields: [String: String]) {
    #expect(TagCounts().count(in: answer(fields), isHead: true) == 0)
    #expect(TagCounts().count(in: answer(fields), isHead: false) == 0)
  }

  @Test func `LocalStack's GET tells the number of another version`() {
    let counts = TagCounts()
    let fields = ["x-localstack": "true", "x-amz-version-id": "v"]
    let named = answer(fields.merging(["x-amz-tagging-count": "1"]) { $1 })
    #expect(counts.count(in: named, isHead: false, namesVersion: true) == 1)
    #expect(counts.count(in: named, isHead: false) == nil)
    #expect(counts.count(in: answer(fields), isHead: false) == nil)
    #expect(counts.count(in: answer(fields), isHead: true) == 0)
  }
}
