import Foundation
import S3
import Testing

/// The real server that live tests run against, named by an environment variable; without it they are skipped.
enum LiveServer {
  static let variable = "LOCALSTACKMOUNT_TEST_ENDPOINT"
  static let endpoint = ProcessInfo.processInfo.environment[variable]
  static var isPresent: Bool { endpoint != nil }

  static func client(region: String = "us-east-1") throws -> S3Client {
    let endpoint = try Endpoint(#require(endpoint))
    return try S3Client(S3Configuration(endpoint: endpoint, region: region))
  }

  /// Runs `body` with a new bucket, which is emptied and deleted afterwards, also on failure.
  static func withBucket(
    region: String = "us-east-1", _ body: (S3Client, String) async throws -> Void
  ) async throws {
    let client = try client(region: region)
    let bucket = "test-\(UUID().uuidString.lowercased())"
    try await client.createBucket(bucket)
    do {
      try await body(client, bucket)
    } catch {
      try? await remove(bucket, client)
      throw error
    }
    try await remove(bucket, client)
  }

  private static func remove(_ bucket: String, _ client: S3Client) async throws {
    for upload in try await client.listMultipartUploads(bucket: bucket, prefix: "") {
      try await client.abortMultipartUpload(upload)
    }
    var page = ListPage()
    repeat {
      page = try await client.listObjects(ListRequest(bucket: bucket, delimiter: nil))
      _ = try await client.deleteObjects(bucket: bucket, keys: page.objects.map(\.key))
    } while page.nextToken != nil
    try await client.deleteBucket(bucket)
  }
}

extension Trait where Self == ConditionTrait {
  static var live: Self { .enabled(if: LiveServer.isPresent, "set \(LiveServer.variable) to run it") }
}
