// SEMANTICS: 6.7
import Testing

@testable import S3

/// The meaning of a missing tag count in an answer depends on the server, and on the kind of answer.
struct TagCountsTests {
  private func answer(_ fields: [String: String]) -> ResponseHead {
    ResponseHead(status: 200, fields: fields.map { HeaderField(name: $0.key, value: $0.value) })
  }

  @Test func `a count in the answer is used`() {
    #expect(TagCounts().count(in: answer(["x-amz-tagging-count": "2"]), isHead: true) == 2)
  }

  @Test func `a missing count means unknown until answers of that kind have contained one`() {
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
  func `a missing count means no tags where the server is known to send counts`(_ fields: [String: String]) {
    #expect(TagCounts().count(in: answer(fields), isHead: true) == 0)
    #expect(TagCounts().count(in: answer(fields), isHead: false) == 0)
  }

  @Test func `the count in LocalStack's GET is used only if the request named its version`() {
    let counts = TagCounts()
    let fields = ["x-localstack": "true", "x-amz-version-id": "v"]
    let named = answer(fields.merging(["x-amz-tagging-count": "1"]) { $1 })
    #expect(counts.count(in: named, isHead: false, namesVersion: true) == 1)
    #expect(counts.count(in: named, isHead: false) == nil)
    #expect(counts.count(in: answer(fields), isHead: false) == nil)
    #expect(counts.count(in: answer(fields), isHead: true) == 0)
  }
}
