import Foundation
import FoundationNetworking
import S3
import Testing

@Suite("Objects, against a real server", .live)
struct ObjectsLiveTests {
  @Test("an object is read as it was written: bytes, properties, metadata")
  func roundTrip() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "dir/file.txt")
      var properties = ObjectProperties(contentType: "text/plain; charset=utf-8")
      properties.contentEncoding = "gzip"
      properties.cacheControl = "max-age=5"
      properties.contentDisposition = "attachment"
      properties.contentLanguage = "ja"
      properties.userMetadata = [
        "mode": "33188", "title": "日本語のとても長いタイトル、一語では足りない🪣", "spaces": " two  spaces ", "empty": "",
        "encoded-lookalike": "=?UTF-8?B?eA==?=",
      ]
      let written = try await client.putObject(
        reference, body: .bytes(Array("hello".utf8)), properties: properties, condition: .none)
      let head = try await client.headObject(reference, conditions: .none, versionID: nil)
      #expect(head.size == 5)
      #expect(head.etag == written.etag)
      #expect(head.properties == properties)
      #expect(abs(head.lastModified.seconds - Int64(Date().timeIntervalSince1970)) < 60)

      let sink = CollectingSink()
      let read = try await client.getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      #expect(sink.text == "hello")
      #expect(sink.heads == [head])
      #expect(read == head)
    }
  }

  @Test("an empty object is read, and its head has length 0")
  func emptyObject() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "empty")
      _ = try await client.put(reference, "")
      #expect(try await client.headObject(reference, conditions: .none, versionID: nil).size == 0)
      #expect(try await client.read(reference) == [])
    }
  }

  @Test("ranges: inside, over the end, past the end, empty")
  func ranges() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "digits")
      _ = try await client.put(reference, "0123456789")
      let sink = CollectingSink()
      let head = try await client.getObject(reference, range: 2..<5, conditions: .none, versionID: nil, into: sink)
      #expect(sink.text == "234")
      #expect(head.size == 10)
      #expect(try await client.read(reference, range: 8..<100) == Array("89".utf8))
      #expect(try await client.read(reference, range: 3..<3) == [])
      let past = await failure { _ = try await client.read(reference, range: 10..<20) }
      #expect(past?.code == .invalidRange)
    }
  }

  @Test("conditions of reads and writes")
  func conditions() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "conditional")
      let first = try await client.putObject(
        reference, body: .bytes([1]), properties: .init(), condition: .ifAbsent)
      func put(_ condition: WriteCondition, _ key: ObjectKey = "conditional") async -> S3Error? {
        await failure {
          _ = try await client.putObject(
            ObjectReference(bucket: bucket, key: key), body: .bytes([2]), properties: .init(), condition: condition)
        }
      }
      #expect(await put(.ifAbsent)?.code == .preconditionFailed)
      #expect(await put(.ifMatch(ETag("00000000000000000000000000000000")))?.code == .preconditionFailed)
      #expect(await put(.ifMatch(first.etag), "missing")?.code == .noSuchKey)
      #expect(await put(.ifMatch(first.etag)) == nil)

      func head(_ conditions: ReadConditions) async -> S3Error? {
        await failure {
          _ = try await client.headObject(reference, conditions: conditions, versionID: nil)
        }
      }
      let current = try await client.headObject(reference, conditions: .none, versionID: nil).etag
      #expect(await head(ReadConditions(ifNoneMatch: current))?.code == .notModified)
      #expect(await head(ReadConditions(ifMatch: first.etag))?.code == .preconditionFailed)
      #expect(await head(ReadConditions(ifMatch: current)) == nil)
      let unchanged = await failure {
        try await client.getObject(
          reference, range: nil, conditions: ReadConditions(ifNoneMatch: current), versionID: nil,
          into: CollectingSink())
      }
      #expect(unchanged?.code == .notModified)
    }
  }

  @Test("a missing key and a missing bucket have distinct errors; HEAD finds the key missing without a body")
  func missing() async throws {
    try await LiveServer.withBucket { client, bucket in
      let key = ObjectReference(bucket: bucket, key: "none")
      let nowhere = ObjectReference(bucket: "no-such-bucket-\(UUID().uuidString.lowercased())", key: "none")
      func get(_ reference: ObjectReference) async -> S3Error? {
        await failure { _ = try await client.read(reference) }
      }
      #expect(await get(key)?.code == .noSuchKey)
      #expect(await get(nowhere)?.code == .noSuchBucket)
      let head = await failure {
        _ = try await client.headObject(key, conditions: .none, versionID: nil)
      }
      #expect(head?.code == .noSuchKey)
      #expect(head?.status == 404)
    }
  }

  @Test("every hostile key is written, read, listed, copied, tagged and deleted under its own bytes")
  func hostileKeys() async throws {
    try await LiveServer.withBucket { client, bucket in
      for key in HostileKeys.all {
        let reference = ObjectReference(bucket: bucket, key: key)
        _ = try await client.put(reference, "of \(key)")
      }
      // What the first listing shows about the server changes the request for the second.
      for _ in 0..<2 {
        let page = try await client.listObjects(ListRequest(bucket: bucket, delimiter: nil))
        #expect(Set(page.objects.map(\.key)) == Set(HostileKeys.all))
      }
      for key in HostileKeys.all {
        let reference = ObjectReference(bucket: bucket, key: key)
        #expect(try await client.read(reference) == Array("of \(key)".utf8), "\(key.string.debugDescription)")
        let copy = ObjectReference(bucket: bucket, key: ObjectKey("copies/\(key)"))
        _ = try await client.copyObject(from: reference, to: copy, metadata: .keep(), ifSourceMatch: nil)
        #expect(try await client.read(copy) == Array("of \(key)".utf8), "\(key.string.debugDescription)")
      }
      #expect(try await client.deleteObjects(bucket: bucket, keys: HostileKeys.all) == [])
      let rest = try await client.listObjects(ListRequest(bucket: bucket, delimiter: nil))
      #expect(Set(rest.objects.map(\.key)) == Set(HostileKeys.all.map { ObjectKey("copies/\($0)") }))
    }
  }

  @Test("a copy keeps or replaces the properties, and may require a version of its source")
  func copies() async throws {
    try await LiveServer.withBucket { client, bucket in
      let source = ObjectReference(bucket: bucket, key: "source")
      let copy = ObjectReference(bucket: bucket, key: "copy")
      let properties = ObjectProperties(contentType: "text/x-a", userMetadata: ["mode": "1"])
      let written = try await client.putObject(
        source, body: .bytes([1, 2, 3]), properties: properties, condition: .none)
      let kept = try await client.copyObject(from: source, to: copy, metadata: .keep(), ifSourceMatch: written.etag)
      #expect(kept.etag == written.etag)
      #expect(kept.lastModified != nil)
      #expect(try await client.headObject(copy, conditions: .none, versionID: nil).properties == properties)

      let other = ObjectProperties(contentType: "text/x-b", userMetadata: ["mode": "2"])
      _ = try await client.copyObject(from: copy, to: copy, metadata: .replace(other), ifSourceMatch: nil)
      #expect(try await client.headObject(copy, conditions: .none, versionID: nil).properties == other)

      let itself = await failure {
        _ = try await client.copyObject(from: copy, to: copy, metadata: .keep(), ifSourceMatch: nil)
      }
      #expect(itself?.code == .invalidRequest)
      let stale = await failure {
        _ = try await client.copyObject(
          from: source, to: copy, metadata: .keep(), ifSourceMatch: ETag("00000000000000000000000000000000"))
      }
      #expect(stale?.code == .preconditionFailed)
      let gone = await failure {
        _ = try await client.copyObject(
          from: ObjectReference(bucket: bucket, key: "gone"), to: copy, metadata: .keep(), ifSourceMatch: nil)
      }
      #expect(gone?.code == .noSuchKey)
    }
  }

  @Test("deleting what does not exist succeeds, alone and in a batch")
  func deletion() async throws {
    try await LiveServer.withBucket { client, bucket in
      try await client.deleteObject(ObjectReference(bucket: bucket, key: "none"), versionID: nil)
      _ = try await client.put(ObjectReference(bucket: bucket, key: "some"), "x")
      #expect(try await client.deleteObjects(bucket: bucket, keys: ["some", "none", "control\u{1}"]) == [])
      #expect(try await client.listObjects(ListRequest(bucket: bucket)).objects == [])
    }
  }

  @Test("tags are set, read and deleted")
  func tags() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "tagged")
      _ = try await client.put(reference, "x")
      let tags = [Tag(key: "team", value: "a+b = c/d"), Tag(key: "空", value: "")]
      try await client.setTags(tags, of: reference)
      #expect(Set(try await client.tags(of: reference)) == Set(tags))
      #expect(try await client.headObject(reference, conditions: .none, versionID: nil).tagCount == 2)
      try await client.setTags([], of: reference)
      #expect(try await client.tags(of: reference) == [])
    }
  }

  @Test("a file's part is uploaded from its descriptor, whose position does not move")
  func fileBody() async throws {
    try await LiveServer.withBucket { client, bucket in
      let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      try Data(content).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      let file = try #require(FileHandle(forReadingAtPath: path))
      let reference = ObjectReference(bucket: bucket, key: "from-file")
      _ = try await client.putObject(
        reference, body: .file(descriptor: file.fileDescriptor, offset: 1000, length: 2_500_000), properties: .init(),
        condition: .none)
      #expect(try file.offset() == 0)
      #expect(try await client.read(reference) == Array(content[1000..<2_501_000]))
      let short = await failure {
        _ = try await client.putObject(
          reference, body: .file(descriptor: file.fileDescriptor, offset: 0, length: 4_000_000), properties: .init(),
          condition: .none)
      }
      #expect(short?.code == .integrityMismatch)
    }
  }

  @Test("a sink that refuses more bytes ends the transfer")
  func refusal() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "large")
      _ = try await client.putObject(
        reference, body: .bytes([UInt8](repeating: 7, count: 8 << 20)), properties: .init(), condition: .none)
      let sink = CollectingSink(limit: 1 << 20)
      let stopped = await failure {
        try await client.getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      }
      #expect(stopped?.code == .cancelled)
      #expect(sink.bytes.count < 4 << 20)
    }
  }

  @Test("many requests at once, more than there are connections")
  func concurrency() async throws {
    try await LiveServer.withBucket { client, bucket in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<150 {
          group.addTask {
            let reference = ObjectReference(bucket: bucket, key: ObjectKey("many/\(index)"))
            _ = try await client.put(reference, "content \(index)")
            #expect(try await client.read(reference) == Array("content \(index)".utf8))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("the longest key is stored, a longer one is refused")
  func longKeys() async throws {
    try await LiveServer.withBucket { client, bucket in
      let longest = ObjectReference(
        bucket: bucket, key: ObjectKey(String(repeating: "é", count: ObjectKey.maximumLength / 2)))
      _ = try await client.put(longest, "x")
      #expect(try await client.listObjects(ListRequest(bucket: bucket)).objects.map(\.key) == [longest.key])
      let longer = ObjectReference(bucket: bucket, key: ObjectKey(longest.key.string + "a"))
      #expect(await failure { _ = try await client.put(longer, "x") }?.code == .keyTooLong)
    }
  }

  @Test("a presigned URL reads the object without credentials")
  func presigned() async throws {
    try await LiveServer.withBucket { client, bucket in
      let reference = ObjectReference(bucket: bucket, key: "a b+c/日本.txt")
      _ = try await client.put(reference, "shared")
      let url = try #require(URL(string: client.presignedURL(.get, reference, expiresIn: 60)))
      let (data, _) = try await URLSession.shared.data(from: url)
      #expect(String(decoding: data, as: UTF8.self) == "shared")
    }
  }

  @Test("a server with an untrusted certificate is refused")
  func untrusted() async throws {
    // LocalStack serves TLS on the same port, with a self-signed certificate.
    let endpoint = try #require(LiveServer.endpoint).replacing("http://", with: "https://")
    let client = try S3Client(S3Configuration(endpoint: try Endpoint(endpoint)))
    #expect(await failure { _ = try await client.listBuckets() }?.code == .tlsFailed)
  }
}
