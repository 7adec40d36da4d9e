import S3
import Testing

@Suite("Long listings, against a real server", .live)
struct ListingLiveTests {
  @Test(
    "every key is listed exactly once, also when a page ends between keys that need encoding",
    arguments: ["with space ", "日本語", "plain", "tab\t", "return\r", "bell\u{7}", "+&%"])
  func pages(_ stem: String) async throws {
    try await LiveServer.withBucket { client, bucket in
      let keys = ["a", "~"] + (0..<7).map { "\(stem)\($0)" } + ["é", "z"]
      for key in keys { _ = try await client.put(ObjectReference(bucket: bucket, key: ObjectKey(key)), "x") }
      var listed: [ObjectKey] = []
      var request = ListRequest(bucket: bucket, maxKeys: 3)
      repeat {
        let page = try await client.listObjects(request)
        listed += page.objects.map(\.key)
        request.continuationToken = page.nextToken
      } while request.continuationToken != nil && listed.count <= keys.count
      #expect(listed == keys.map { ObjectKey($0) }.sorted())
    }
  }

  @Test("a listing begins after a key, also one that needs encoding", arguments: ["with space", "日本語", "+&%", "é"])
  func startAfter(_ stem: String) async throws {
    try await LiveServer.withBucket { client, bucket in
      let keys = (["a", "~"] + (0..<3).map { "\(stem)\($0)" }).map { ObjectKey($0) }.sorted()
      for key in keys { _ = try await client.put(ObjectReference(bucket: bucket, key: key), "x") }
      _ = try await client.listObjects(ListRequest(bucket: bucket))
      for (index, key) in keys.enumerated() {
        let page = try await client.listObjects(ListRequest(bucket: bucket, startAfter: key))
        #expect(page.objects.map(\.key) == Array(keys[(index + 1)...]))
      }
    }
  }
}
