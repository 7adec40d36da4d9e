import Foundation
import S3
import Testing

@Suite("Buckets and listings, against a real server", .live)
struct BucketsLiveTests {
  @Test("a bucket is created, found and deleted")
  func lifeCycle() async throws {
    let client = try LiveServer.client()
    let bucket = "test-\(UUID().uuidString.lowercased())"
    try await client.createBucket(bucket)
    try await client.headBucket(bucket)
    let found = try await client.listBuckets().first { $0.name == bucket }
    #expect(abs(try #require(found).created.seconds - Int64(Date().timeIntervalSince1970)) < 60)
    try await client.deleteBucket(bucket)
    let gone = await failure { try await client.headBucket(bucket) }
    #expect(gone?.code == .noSuchBucket)
    let again = await failure { try await client.deleteBucket(bucket) }
    #expect(again?.code == .noSuchBucket)
  }

  @Test("creating a bucket that exists fails in every region", arguments: ["us-east-1", "eu-west-1", "ap-northeast-1"])
  func creatingTwice(region: String) async throws {
    try await LiveServer.withBucket(region: region) { client, bucket in
      let again = await failure { try await client.createBucket(bucket) }
      #expect(again?.code == .bucketAlreadyOwnedByYou || again?.code == .bucketAlreadyExists)
    }
  }

  @Test("a name that breaks the rules is refused as invalid")
  func badName() async throws {
    let client = try LiveServer.client()
    for name in ["Upper", "ab", "under_score"] {
      let refused = await failure { try await client.createBucket(name) }
      #expect(refused?.code == .invalidBucketName, "\(name)")
    }
  }

  @Test("a bucket that is not empty is not deleted")
  func notEmpty() async throws {
    try await LiveServer.withBucket { client, bucket in
      _ = try await client.put(ObjectReference(bucket: bucket, key: "x"), "")
      let refused = await failure { try await client.deleteBucket(bucket) }
      #expect(refused?.code == .bucketNotEmpty)
    }
  }

  @Test("keys are grouped by the delimiter, and pages follow one another")
  func listing() async throws {
    try await LiveServer.withBucket { client, bucket in
      for key: ObjectKey in ["a-", "a/", "a/1", "a/2", "b.txt", "b/x", "c d+e/y"] {
        _ = try await client.put(ObjectReference(bucket: bucket, key: key), key.string)
      }
      let top = try await client.listObjects(ListRequest(bucket: bucket))
      #expect(top.objects.map(\.key) == ["a-", "b.txt"])
      #expect(top.commonPrefixes == ["a/", "b/", "c d+e/"])
      #expect(top.nextToken == nil)
      let below = try await client.listObjects(ListRequest(bucket: bucket, prefix: "a/"))
      #expect(below.objects.map(\.key) == ["a/", "a/1", "a/2"])
      #expect(below.objects.map(\.size) == [2, 3, 3])
      let after = try await client.listObjects(ListRequest(bucket: bucket, delimiter: nil, startAfter: "b.txt"))
      #expect(after.objects.map(\.key) == ["b/x", "c d+e/y"])

      var request = ListRequest(bucket: bucket, delimiter: nil, maxKeys: 3)
      var keys: [ObjectKey] = []
      var pages = 0
      repeat {
        let page = try await client.listObjects(request)
        keys += page.objects.map(\.key)
        request.continuationToken = page.nextToken
        pages += 1
      } while request.continuationToken != nil
      #expect(keys == ["a-", "a/", "a/1", "a/2", "b.txt", "b/x", "c d+e/y"])
      #expect(pages == 3)
    }
  }

  @Test("a listing of a missing bucket fails as such")
  func listingNowhere() async throws {
    let client = try LiveServer.client()
    let missing = await failure {
      _ = try await client.listObjects(ListRequest(bucket: "none-\(UUID().uuidString.lowercased())"))
    }
    #expect(missing?.code == .noSuchBucket)
  }

  @Test("the versions of a bucket without versioning are its objects")
  func versions() async throws {
    try await LiveServer.withBucket { client, bucket in
      _ = try await client.put(ObjectReference(bucket: bucket, key: "a b+c\u{1}"), "12")
      let page = try await client.listVersions(bucket: bucket, prefix: "a", keyMarker: nil, versionMarker: nil)
      #expect(page.versions.map(\.key) == ["a b+c\u{1}"])
      #expect(page.versions.first?.isLatest == true)
      #expect(page.versions.first?.size == 2)
      #expect(page.nextKeyMarker == nil)
    }
  }

  @Test("LocalStack is recognised")
  func probe() async throws {
    guard case .localStack(let version) = try await LiveServer.client().probe() else {
      Issue.record("not recognised")
      return
    }
    #expect(version?.isEmpty == false)
  }
}
