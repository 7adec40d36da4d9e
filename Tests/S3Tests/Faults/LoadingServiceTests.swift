import S3
import TestSupport
import Testing

@Suite("An emulator whose S3 service is still loading")
struct LoadingServiceTests {
  private let reference = ObjectReference(bucket: "b", key: "k")
  private static let written = FaultyServer.Answer.reply(status: 200, headers: ["ETag: \"e1\""])
  /// LocalStack 4.12's answer while another request loads its S3; for HEAD without a body.
  private static let loadingHead = FaultyServer.Answer.reply(status: 501)

  private static func loading(_ operation: String) -> FaultyServer.Answer {
    let message = "no handler for operation '\(operation)' on service 's3'"
    return .reply(status: 501, body: "<Error><Code>InternalFailure</Code><Message>\(message)</Message></Error>")
  }

  private static let quick: RetryPolicy = {
    var policy = RetryPolicy()
    policy.firstDelay = .milliseconds(1)
    return policy
  }()

  private func withClient(
    _ script: [FaultyServer.Answer], _ body: (S3Client, FaultyServer) async throws -> Void
  ) async throws {
    let server = try FaultyServer(script)
    defer { server.stop() }
    try await body(try server.client(retry: Self.quick), server)
  }

  private func head(_ client: S3Client) async -> S3Error? {
    await failure { _ = try await client.headObject(reference, conditions: .none, versionID: nil) }
  }

  @Test("the first requests wait for the service, even those that are never retried otherwise")
  func firstRequests() async throws {
    try await withClient(Array(repeating: Self.loadingHead, count: 6) + [.reply(status: 404)]) { client, _ in
      #expect(await head(client)?.code == .noSuchKey)
    }
    try await withClient(Array(repeating: Self.loading("PutObject"), count: 6) + [Self.written]) { client, _ in
      let result = try await client.putObject(reference, body: .bytes([1]), properties: .init(), condition: .ifAbsent)
      #expect(result.etag == ETag("e1"))
    }
  }

  @Test(
    "an operation that the server lacks for good fails at the first answer",
    arguments: [
      "<Error><Code>NotImplemented</Code><Message>A header implies functionality.</Message></Error>",
      "<Error><Code>InternalFailure</Code><Message>The API action 'X' for 's3' is not available.</Message></Error>",
      "<html>Unsupported method ('PUT')</html>", "",
    ])
  func lackingForGood(body: String) async throws {
    try await withClient([.reply(status: 501, body: body)]) { client, server in
      let error = await failure { _ = try await client.put(reference, "x") }
      #expect(error?.code == .notImplemented)
      #expect(server.requests.count == 1)
    }
  }

  @Test("once the service has answered, the same error is final after the usual attempts")
  func loadedService() async throws {
    try await withClient([.reply(status: 404)] + Array(repeating: Self.loadingHead, count: 8)) { client, server in
      #expect(await head(client)?.code == .noSuchKey)
      #expect(await head(client)?.code == .notImplemented)
      #expect(server.requests.count == 1 + Self.quick.attempts)
    }
  }

  @Test("a service that never loads is an error, too")
  func never() async throws {
    try await withClient(Array(repeating: Self.loadingHead, count: 20)) { client, server in
      #expect(await head(client)?.code == .notImplemented)
      #expect(server.requests.count == Self.quick.attemptsWhileStarting)
    }
  }
}
