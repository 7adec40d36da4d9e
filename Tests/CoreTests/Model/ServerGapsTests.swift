import Testing

@testable import Core
@testable import S3

@Suite("What the server does not support") struct ServerGapsTests {
  private func event(_ operation: String, _ code: S3Error.Code?) -> RequestEvent {
    RequestEvent(
      operation: operation, bucket: "bucket", attempt: 1, duration: .zero, status: code == nil ? 200 : 501,
      error: code.map { S3Error($0, message: "", operation: operation) }, bytesSent: 0, bytesReceived: 0)
  }

  @Test func `each gap is reported once, by its name, with its consequence`() {
    let gaps = ServerGaps()
    #expect(gaps.sentence(for: event("PutObject", nil)) == nil)
    #expect(gaps.sentence(for: event("PutObject", .internalError)) == nil)
    #expect(gaps.sentence(for: event("DeleteObject", .notImplemented)) == nil)
    #expect(
      gaps.sentence(for: event("PutBucketVersioning", .notImplemented))
        == "the server does not support PutBucketVersioning: buckets have no versions")
    #expect(gaps.sentence(for: event("PutBucketVersioning", .notImplemented)) == nil)
    #expect(
      gaps.sentence(for: event("NewOperation", .notImplemented))
        == "the server does not support NewOperation: what needs it fails")
  }
}
