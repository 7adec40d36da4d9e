import S3
import Testing

@Suite("Multipart uploads, against a real server", .live)
struct MultipartLiveTests {
  private static let partSize = 5 << 20

  @Test("parts uploaded and copied make one object")
  func complete() async throws {
    try await LiveServer.withBucket { client, bucket in
      let source = ObjectReference(bucket: bucket, key: "source")
      let first = [UInt8](repeating: 1, count: Self.partSize)
      let written = try await client.putObject(source, body: .bytes(first), properties: .init(), condition: .none)
      let target = ObjectReference(bucket: bucket, key: "big file+%20\u{1}")
      let properties = ObjectProperties(contentType: "application/x-big", userMetadata: ["mode": "33188"])
      let upload = try await client.createMultipartUpload(target, properties: properties, copies: true)
      #expect(try await client.listMultipartUploads(bucket: bucket, prefix: "big") == [upload])
      let copied = try await client.uploadPartCopy(
        upload, number: 1, from: source, range: 0..<Int64(Self.partSize), ifSourceMatch: written.etag)
      let sent = try await client.uploadPart(upload, number: 2, body: .bytes([2, 3, 4]))
      let result = try await client.completeMultipartUpload(upload, parts: [sent, copied], condition: .none)
      let head = try await client.headObject(target, conditions: .none, versionID: nil)
      #expect(head.etag == result.etag)
      #expect(head.size == Int64(Self.partSize + 3))
      #expect(head.properties == properties)
      #expect(try await client.read(target) == first + [2, 3, 4])
      #expect(try await client.listMultipartUploads(bucket: bucket, prefix: "") == [])
    }
  }

  @Test("a part under 5 MiB that is not the last is refused at the end")
  func tooSmall() async throws {
    try await LiveServer.withBucket { client, bucket in
      let upload = try await client.createMultipartUpload(
        ObjectReference(bucket: bucket, key: "small"), properties: .init())
      let parts = [
        try await client.uploadPart(upload, number: 1, body: .bytes([1])),
        try await client.uploadPart(upload, number: 2, body: .bytes([2])),
      ]
      let refused = await failure {
        _ = try await client.completeMultipartUpload(upload, parts: parts, condition: .none)
      }
      #expect(refused?.code == .entityTooSmall)
      try await client.abortMultipartUpload(upload)
      let aborted = await failure {
        _ = try await client.uploadPart(upload, number: 1, body: .bytes([1]))
      }
      #expect(aborted?.code == .noSuchUpload)
    }
  }

  @Test("an upload completes only if the name is still free")
  func conditional() async throws {
    try await LiveServer.withBucket { client, bucket in
      let target = ObjectReference(bucket: bucket, key: "taken")
      let upload = try await client.createMultipartUpload(target, properties: .init())
      let part = try await client.uploadPart(upload, number: 1, body: .bytes([1]))
      _ = try await client.put(target, "first")
      let refused = await failure {
        _ = try await client.completeMultipartUpload(upload, parts: [part], condition: .ifAbsent)
      }
      #expect(refused?.code == .preconditionFailed)
      #expect(try await client.read(target) == Array("first".utf8))
    }
  }

  @Test("a part of a version that has changed is not copied")
  func staleSource() async throws {
    try await LiveServer.withBucket { client, bucket in
      let source = ObjectReference(bucket: bucket, key: "source")
      _ = try await client.put(source, "0123456789")
      let upload = try await client.createMultipartUpload(
        ObjectReference(bucket: bucket, key: "target"), properties: .init(), copies: true)
      let refused = await failure {
        _ = try await client.uploadPartCopy(
          upload, number: 1, from: source, range: 0..<5, ifSourceMatch: ETag("00000000000000000000000000000000"))
      }
      #expect(refused?.code == .preconditionFailed)
    }
  }
}
