// SEMANTICS: 3.4.1, 10.2
import Foundation
import S3
import Synchronization
import Testing

@Suite("Faults of the server and of the network")
struct FaultTests {
  private let reference = ObjectReference(bucket: "b", key: "k")
  private static let etag = "ETag: \"e1\""
  private static let date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"

  private func withServer(
    _ script: [FaultyServer.Answer], _ body: (FaultyServer) async throws -> Void
  ) async throws {
    let server = try FaultyServer(script)
    defer { server.stop() }
    try await body(server)
  }

  private func head(_ client: S3Client) async -> S3Error? {
    await failure {
      _ = try await client.headObject(reference, conditions: .none, versionID: nil)
    }
  }

  // MARK: Where tasks run

  @Test("a task on the client's executor continues on the thread where its answer arrives")
  func executor() async throws {
    try await withServer([.reply(status: 200, headers: [Self.etag]), .reply(status: 200, headers: [Self.etag])]) {
      server in
      let client = try server.client()
      let (threads, etags) = await Task(executorPreference: client.executor) {
        var threads = [Self.thread()]
        var etags: [ETag?] = []
        for _ in 0..<2 {
          etags.append(try? await client.put(reference, "body").etag)
          threads.append(Self.thread())
        }
        return (threads, etags)
      }.value
      #expect(Set(threads).count == 1)
      #expect(etags == [ETag("e1"), ETag("e1")])
    }
  }

  private static func thread() -> pthread_t { pthread_self() }

  @Test("a task on the client's executor continues after the client was released")
  func executorAfterTheEnd() async throws {
    try await withServer([]) { server in
      var client: S3Client? = try server.client()
      let executor = client?.executor
      weak let gone = client
      client = nil
      #expect(gone == nil)
      let task = Task(executorPreference: executor) {
        await Task.yield()
        return 42
      }
      #expect(await task.value == 42)
    }
  }

  // MARK: Retries

  @Test("503, then 200: the second answer is the result, and both attempts are reported")
  func unavailableOnce() async throws {
    let slowDown = "<Error><Code>SlowDown</Code></Error>"
    try await withServer([.reply(status: 503, body: slowDown), .reply(status: 200, headers: [Self.etag])]) { server in
      let events = Mutex<[RequestEvent]>([])
      let client = try server.client { event in events.withLock { $0.append(event) } }
      let result = try await client.put(reference, "body")
      #expect(result.etag == ETag("e1"))
      #expect(server.requests.map(\.body) == [Array("body".utf8), Array("body".utf8)])
      let seen = events.withLock { $0 }
      #expect(seen.map(\.attempt) == [1, 2])
      #expect(seen.map(\.status) == [503, 200])
      #expect(seen.map(\.error?.code) == [.slowDown, nil])
      #expect(seen.map(\.operation) == ["PutObject", "PutObject"])
      #expect(seen.map(\.bytesSent) == [4, 4])
    }
  }

  @Test("a reused connection that breaks counts as one attempt, reported and retried by the policy")
  func keptConnectionBreaks() async throws {
    let kept = FaultyServer.Answer.reply(status: 200, headers: [Self.etag, Self.date])
    let file = try #require(tmpfile())
    defer { fclose(file) }
    #expect(fwrite("body", 1, 4, file) == 4 && fflush(file) == 0)
    let bodies: [RequestBody] = [.bytes(Array("body".utf8)), .file(descriptor: fileno(file), offset: 0, length: 4)]
    for body in bodies {
      try await withServer([kept, .hangUp, .hangUp, kept]) { server in
        let events = Mutex<[RequestEvent]>([])
        let client = try server.client(deadlines: FaultyServer.shortDeadlines) { event in
          events.withLock { $0.append(event) }
        }
        #expect(await head(client) == nil)
        let result = try await client.putObject(reference, body: body, properties: .init(), condition: .none)
        #expect(result.etag == ETag("e1"))
        #expect(server.requests.dropFirst().map(\.body) == Array(repeating: Array("body".utf8), count: 3))
        #expect(events.withLock { $0 }.map(\.attempt) == [1, 1, 2, 3])
      }
    }
  }

  @Test("libcurl does not repeat a conditional write by itself when a reused connection breaks")
  func keptConnectionBreaksOnce() async throws {
    let kept = FaultyServer.Answer.reply(status: 200, headers: [Self.etag, Self.date])
    try await withServer([kept, .hangUp, kept]) { server in
      let client = try server.client()
      #expect(await head(client) == nil)
      let error = await failure {
        _ = try await client.putObject(reference, body: .bytes([1]), properties: .init(), condition: .ifAbsent)
      }
      #expect(error?.code == .connectionFailed)
      #expect(server.requests.count == 2)
    }
  }

  @Test("a server that keeps failing gets no request after the last attempt")
  func failingForever() async throws {
    try await withServer([.reply(status: 500), .reply(status: 500), .reply(status: 500)]) { server in
      var policy = RetryPolicy()
      policy.attempts = 3
      let client = try server.client(retry: policy)
      #expect(await head(client)?.code == .internalError)
      #expect(server.requests.count == 3)
    }
  }

  @Test("a conditional write, and the creation of a multipart upload, are not repeated after a 500")
  func notRepeated() async throws {
    try await withServer([.reply(status: 500), .reply(status: 500)]) { server in
      let client = try server.client()
      let write = await failure {
        _ = try await client.putObject(reference, body: .bytes([1]), properties: .init(), condition: .ifAbsent)
      }
      #expect(write?.code == .internalError)
      let create = await failure {
        _ = try await client.createMultipartUpload(reference, properties: .init())
      }
      #expect(create?.code == .internalError)
      #expect(server.requests.count == 2)
    }
  }

  @Test("an unreachable server is an error at once, which names the operation")
  func refused() async throws {
    let client = try FaultyServer.client(port: FaultyServer.closedPort())
    let error = await head(client)
    #expect(error?.code == .connectionFailed)
    #expect(error?.operation == "HeadObject s3://b/k")
    let probe = await failure { _ = try await client.probe() }
    #expect(probe?.code == .connectionFailed)
  }

  // MARK: Deadlines

  @Test("a silent server: small requests and bodies end within their deadlines")
  func silence() async throws {
    try await withServer([.silence, .silence, .silence]) { server in
      let client = try server.client(deadlines: FaultyServer.shortDeadlines)
      async let small = head(client)
      async let read = failure { _ = try await client.read(reference) }
      async let write = failure { _ = try await client.put(reference, "x") }
      #expect(await small?.code == .timedOut)
      #expect(await read?.code == .timedOut)
      #expect(await write?.code == .timedOut)
    }
  }

  @Test("the deadline covers all attempts together")
  func deadlineOverRetries() async throws {
    try await withServer(Array(repeating: .reply(status: 503), count: 100)) { server in
      var policy = RetryPolicy()
      policy.attempts = 100
      policy.firstDelay = .milliseconds(200)
      let client = try server.client(retry: policy, deadlines: FaultyServer.shortDeadlines)
      let code = await head(client)?.code
      // The last attempt may be in flight when the time is over.
      #expect(code == .slowDown || code == .timedOut)
    }
  }

  @Test("a cancelled task ends its request at once")
  func cancellation() async throws {
    try await withServer([.silence]) { server in
      let client = try server.client(
        deadlines: Deadlines(
          connect: .seconds(60), request: .seconds(60), stall: .seconds(60), serverWork: .seconds(60)))
      let task = Task { await head(client) }
      while server.requests.isEmpty { await Task.yield() }
      task.cancel()
      #expect(await task.value?.code == .cancelled)
    }
  }

  @Test("a task that is already cancelled sends nothing")
  func cancelledBefore() async throws {
    try await withServer([]) { server in
      let client = try server.client()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await head(client)
      }
      #expect(await task.value?.code == .cancelled)
      #expect(server.requests.isEmpty)
    }
  }

  // MARK: Bodies

  @Test("a truncated body is resumed where it broke, for the same version")
  func resumption() async throws {
    try await withServer([
      .cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\(Self.etag)\r\n\(Self.date)\r\n\r\n0123"),
      .reply(status: 503),
      .cut(
        "HTTP/1.1 206 Partial\r\nContent-Length: 6\r\nContent-Range: bytes 4-9/10\r\n\(Self.etag)\r\n\r\n45"),
      .reply(status: 206, headers: [Self.etag, "Content-Range: bytes 6-9/10"], body: "6789"),
    ]) { server in
      let sink = CollectingSink()
      let head = try await server.client().getObject(
        reference, range: nil, conditions: .none, versionID: nil, into: sink)
      #expect(sink.text == "0123456789")
      #expect(sink.heads == [head])
      #expect(head.size == 10)
      #expect(head.lastModified == Timestamp(seconds: 784_111_777))
      #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=4-9", "bytes=4-9", "bytes=6-9"])
      #expect(server.requests.map { $0.headers["if-match"] } == [nil, "\"e1\"", "\"e1\"", "\"e1\""])
    }
  }

  @Test("a truncated range is resumed inside that range")
  func rangeResumption() async throws {
    try await withServer([
      .cut("HTTP/1.1 206 P\r\nContent-Length: 4\r\nContent-Range: bytes 3-6/10\r\n\(Self.etag)\r\n\r\n34"),
      .reply(status: 206, headers: [Self.etag, "Content-Range: bytes 5-6/10"], body: "56"),
    ]) { server in
      let client = try server.client()
      #expect(try await client.read(reference, range: 3..<7) == Array("3456".utf8))
      #expect(server.requests.last?.headers["range"] == "bytes=5-6")
    }
  }

  @Test("an object that changes while it is read is an error, never a mix of versions")
  func changedWhileRead() async throws {
    try await withServer([
      .cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\(Self.etag)\r\n\r\n0123"),
      .reply(status: 412),
    ]) { server in
      let sink = CollectingSink()
      let error = await failure {
        try await server.client().getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      }
      #expect(error?.code == .preconditionFailed)
      #expect(sink.text == "0123")
    }
  }

  @Test("a server that ignores If-Match of a resumed read is detected by the ETag")
  func ignoredCondition() async throws {
    try await withServer([
      .cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\(Self.etag)\r\n\r\n0123"),
      .reply(status: 206, headers: ["ETag: \"e2\"", "Content-Range: bytes 4-9/10"], body: "abcdef"),
    ]) { server in
      let sink = CollectingSink()
      let error = await failure {
        try await server.client().getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      }
      #expect(error?.code == .preconditionFailed)
      #expect(sink.text == "0123")
    }
  }

  @Test("a server that compares If-Match with one version and sends the next is detected by the ETag")
  func outrunCondition() async throws {
    try await withServer([
      .reply(status: 206, headers: ["ETag: \"e2\"", "Content-Range: bytes 4-9/10"], body: "abcdef")
    ]) { server in
      let sink = CollectingSink()
      let error = await failure {
        try await server.client().getObject(
          reference, range: 4..<10, conditions: .init(ifMatch: ETag("e1")), versionID: nil, into: sink)
      }
      #expect(error?.code == .preconditionFailed)
      #expect(sink.text.isEmpty)
    }
  }

  @Test("a body that breaks again and again is an error")
  func hopeless() async throws {
    let pieces = (0..<9).map { index in
      FaultyServer.Answer.cut(
        "HTTP/1.1 206 P\r\nContent-Length: \(9 - index)\r\nContent-Range: bytes \(index)-8/9\r\n\(Self.etag)\r\n\r\nx")
    }
    try await withServer(pieces) { server in
      let error = await failure {
        _ = try await server.client().read(reference, range: 0..<9)
      }
      #expect(error?.code == .connectionFailed)
      #expect(server.requests.count == 5)
    }
  }

  @Test("an answer with another range than requested, or without a length, is refused")
  func wrongRange() async throws {
    try await withServer([
      .reply(status: 200, headers: [Self.etag], body: "0123456789"),
      .reply(status: 206, headers: [Self.etag, "Content-Range: bytes 0-1/10"], body: "0123"),
      .cut("HTTP/1.1 200 OK\r\n\(Self.etag)\r\n\r\n0123"),
    ]) { server in
      let client = try server.client()
      for range: Range<Int64>? in [2..<4, 0..<4, nil] {
        let error = await failure { _ = try await client.read(reference, range: range) }
        #expect(error?.code == .malformedResponse)
      }
    }
  }

  @Test("bytes beyond the Content-Length are ignored")
  func bodyTooLong() async throws {
    try await withServer([
      .cut("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\(Self.etag)\r\n\r\n0123456789")
    ]) { server in
      let client = try server.client()
      #expect(try await client.read(reference) == Array("0123".utf8))
    }
  }

  @Test(
    "a body with a wrong checksum is an error, and never delivered completely",
    arguments: [
      ("sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="), ("crc32", "NhCmhg=="), ("crc32c", "mnG7TA=="),
    ])
  func checksums(algorithm: String, sum: String) async throws {
    let checksum = "x-amz-checksum-\(algorithm): \(sum)"
    try await withServer([
      .reply(status: 200, headers: [Self.etag, checksum], body: "hello"),
      .reply(status: 206, headers: [Self.etag, checksum, "Content-Range: bytes 0-4/5"], body: "hello"),
      .cut("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\(checksum)\r\n\(Self.etag)\r\n\r\nhel"),
      .reply(status: 206, headers: [Self.etag, "Content-Range: bytes 3-4/5"], body: "lo"),
      .reply(status: 200, headers: [Self.etag, checksum], body: "hallo"),
    ]) { server in
      let client = try server.client()
      for range: Range<Int64>? in [nil, 0..<100, nil] {
        #expect(try await client.read(reference, range: range) == Array("hello".utf8))
      }
      let sink = CollectingSink()
      let error = await failure {
        try await client.getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      }
      #expect(error?.code == .integrityMismatch)
      #expect(sink.bytes.count < 5)
      #expect(server.requests.first?.headers["x-amz-checksum-mode"] == "ENABLED")
    }
  }

  @Test("without a checksum the ETag is compared, where it is the MD5 of the bytes")
  func etagAsChecksum() async throws {
    let md5 = "ETag: \"5d41402abc4b2a76b9719d911017c592\""
    try await withServer([
      .reply(status: 200, headers: [md5], body: "hello"),
      .reply(status: 206, headers: [md5, "Content-Range: bytes 0-4/5"], body: "hello"),
      .reply(status: 200, headers: [md5, "x-amz-server-side-encryption: AES256"], body: "hello"),
      .reply(status: 200, headers: [md5, "x-amz-server-side-encryption: aws:kms"], body: "other"),
      .reply(status: 200, headers: [md5, "x-amz-server-side-encryption-customer-algorithm: AES256"], body: "other"),
      .reply(status: 200, headers: ["ETag: \"5d41402abc4b2a76b9719d911017c592-1\""], body: "other"),
      .reply(status: 206, headers: [md5, "Content-Range: bytes 0-4/6"], body: "other"),
      .reply(status: 200, headers: [md5], body: "hallo"),
      .reply(status: 200, headers: [md5], body: "hell"),
    ]) { server in
      let client = try server.client()
      for (text, range) in [("hello", nil), ("hello", 0..<100), ("hello", nil)] as [(String, Range<Int64>?)] {
        #expect(try await client.read(reference, range: range) == Array(text.utf8))
      }
      for _ in 0..<3 { #expect(try await client.read(reference) == Array("other".utf8)) }
      #expect(try await client.read(reference, range: 0..<5) == Array("other".utf8), "a part of the object")
      for _ in 0..<2 { #expect(await failure { _ = try await client.read(reference) }?.code == .integrityMismatch) }
    }
  }

  @Test("a checksum of parts, or with a range of the object, is not compared")
  func otherChecksums() async throws {
    try await withServer([
      .reply(status: 200, headers: [Self.etag, "x-amz-checksum-sha256: T4tCwi3TcptRm6b2jS2nzA==-1"], body: "hello"),
      .reply(
        status: 206, headers: [Self.etag, "x-amz-checksum-crc32: AAAAAA==", "Content-Range: bytes 0-1/5"], body: "he"),
    ]) { server in
      let client = try server.client()
      #expect(try await client.read(reference) == Array("hello".utf8))
      #expect(try await client.read(reference, range: 0..<2) == Array("he".utf8))
    }
  }

  @Test("an error's body never reaches the sink")
  func errorBody() async throws {
    try await withServer([.reply(status: 404, body: "<Error><Code>NoSuchKey</Code></Error>")]) { server in
      let sink = CollectingSink()
      let error = await failure {
        try await server.client().getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
      }
      #expect(error?.code == .noSuchKey)
      #expect(sink.heads.isEmpty && sink.bytes.isEmpty)
    }
  }

  // MARK: Errors with status 200

  @Test("a copy answered by 200 with an error has failed, and is retried if the error allows")
  func lateError() async throws {
    try await withServer([
      .reply(status: 200, body: "  <Error><Code>InternalError</Code></Error>"),
      .reply(status: 200, body: "<Error><Code>NoSuchKey</Code><Message>Gone</Message></Error>"),
    ]) { server in
      let client = try server.client()
      let error = await failure {
        _ = try await client.copyObject(from: reference, to: reference, metadata: .keep(), ifSourceMatch: nil)
      }
      #expect(error?.code == .noSuchKey)
      #expect(server.requests.count == 2)
    }
  }

  @Test("a completion answered by 200 with an error has failed, and is not repeated")
  func lateCompletionError() async throws {
    try await withServer([.reply(status: 200, body: "<Error><Code>InternalError</Code></Error>")]) { server in
      let upload = MultipartUpload(reference: reference, id: "u")
      let error = await failure {
        _ = try await server.client().completeMultipartUpload(
          upload, parts: [UploadedPart(number: 1, etag: ETag("p"))], condition: .none)
      }
      #expect(error?.code == .internalError)
      #expect(server.requests.count == 1)
    }
  }

  @Test("an answer of another kind is malformed", arguments: ["", "<html/>", "<ListBucketResult>"])
  func nonsense(body: String) async throws {
    try await withServer([.reply(status: 200, body: body)]) { server in
      let error = await failure {
        _ = try await server.client().listObjects(ListRequest(bucket: "b"))
      }
      #expect(error?.code == .malformedResponse)
    }
  }

  // MARK: On the wire

  @Test("connections are reused, keys are sent unchanged, and requests have only the headers that S3 needs")
  func onTheWire() async throws {
    let ok = FaultyServer.Answer.reply(status: 200, headers: [Self.etag])
    try await withServer([ok, ok, ok]) { server in
      let client = try server.client()
      _ = try await client.put(ObjectReference(bucket: "b", key: "a//../b c+?#%"), "x")
      _ = try await client.headObject(reference, conditions: .none, versionID: "v/1")
      try await client.deleteObject(reference, versionID: nil)
      let requests = server.requests
      #expect(
        requests.map(\.line) == [
          "PUT /b/a//../b%20c%2B%3F%23%25 HTTP/1.1", "HEAD /b/k?versionId=v%2F1 HTTP/1.1", "DELETE /b/k HTTP/1.1",
        ])
      let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
      #expect(requests[0].headers["x-amz-content-sha256"] == hash)
      #expect(requests[0].headers["x-amz-checksum-sha256"] == "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=")
      #expect(requests[0].headers["host"] == "127.0.0.1:\(server.port)")
      for name in ["expect", "transfer-encoding", "accept", "content-encoding"] {
        #expect(requests.allSatisfy { $0.headers[name] == nil }, "\(name)")
      }
      #expect(requests[1].headers["content-length"] == nil)
    }
  }

  @Test("every part is sent with a digest; checksums of copied parts are not requested")
  func partDigests() async throws {
    let begun = FaultyServer.Answer.reply(
      status: 200, body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
    let sent = FaultyServer.Answer.reply(status: 200, headers: [Self.etag])
    try await withServer([begun, sent, begun, sent]) { server in
      let client = try server.client()
      for copies in [false, true] {
        let upload = try await client.createMultipartUpload(reference, properties: .init(), copies: copies)
        _ = try await client.uploadPart(upload, number: 1, body: .bytes(Array("abc".utf8)))
      }
      let headers = server.requests.map(\.headers)
      let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
      #expect(headers.map { $0["x-amz-checksum-algorithm"] } == ["SHA256", nil, nil, nil])
      #expect(headers.map { $0["x-amz-checksum-sha256"] } == [nil, sha256, nil, nil])
      #expect(headers.map { $0["content-md5"] } == [nil, nil, nil, "kAFQmDzST7DWlj99KOF/cg=="])
    }
  }

  @Test("an empty metadata value is sent, not dropped")
  func emptyMetadata() async throws {
    try await withServer([.reply(status: 200, headers: [Self.etag])]) { server in
      _ = try await server.client().putObject(
        reference, body: .bytes([]), properties: ObjectProperties(userMetadata: ["empty": ""]), condition: .none)
      #expect(server.requests[0].headers["x-amz-meta-empty"] == "")
      #expect(server.requests[0].headers["content-length"] == "0")
    }
  }
}
