import S3
import TestSupport
import Testing

@Suite("The store in memory behaves as S3")
struct InMemoryStoreTests {
  private let store = InMemoryStore(buckets: ["b"])

  private func reference(_ key: ObjectKey) -> ObjectReference { ObjectReference(bucket: "b", key: key) }

  /// Returns all pages of a listing, and their number.
  private func list(
    _ store: InMemoryStore, prefix: ObjectKey, delimiter: String? = "/", startAfter: ObjectKey? = nil,
    maxKeys: Int = 1000
  ) async throws -> (keys: [ObjectKey], prefixes: [ObjectKey], pages: Int) {
    var request = ListRequest(
      bucket: "b", prefix: prefix, delimiter: delimiter, startAfter: startAfter, maxKeys: maxKeys)
    var result: (keys: [ObjectKey], prefixes: [ObjectKey], pages: Int) = ([], [], 0)
    repeat {
      let page = try await store.listObjects(request)
      result.keys += page.objects.map(\.key)
      result.prefixes += page.commonPrefixes
      result.pages += 1
      request.continuationToken = page.nextToken
    } while request.continuationToken != nil
    return result
  }

  @Test(
    "A listing groups at the delimiter, in order of bytes, whatever the size of its pages", arguments: [1, 2, 3, 1000])
  func listing(maxKeys: Int) async throws {
    for key: ObjectKey in ["d/", "d/a", "d/a/1", "d/a/2", "d/a-", "d/b/1/2", "d/\u{1F600}", "d/\u{FF0F}", "e", "c"] {
      store.put("b", key, "x")
    }
    let listed = try await list(store, prefix: "d/", maxKeys: maxKeys)
    #expect(listed.keys == ["d/", "d/a", "d/a-", "d/\u{FF0F}", "d/\u{1F600}"])
    #expect(listed.prefixes == ["d/a/", "d/b/"])
    #expect(listed.pages == (7 + maxKeys - 1) / maxKeys)
    #expect(try await list(store, prefix: "d/", delimiter: nil, maxKeys: maxKeys).keys.count == 8)
    #expect(try await list(store, prefix: "d/", startAfter: "d/a-", maxKeys: maxKeys).prefixes == ["d/a/", "d/b/"])
    #expect(try await list(store, prefix: "none", maxKeys: maxKeys).pages == 1)
  }

  @Test("A server's page may be smaller than requested")
  func smallPages() async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.pageSize = 2
    let store = InMemoryStore(buckets: ["b"], behaviour: behaviour)
    for key: ObjectKey in ["1", "2", "3"] { store.put("b", key) }
    #expect(try await list(store, prefix: "").pages == 2)
  }

  @Test("A range is cut at the end, and one past it is refused")
  func ranges() async throws {
    let etag = store.put("b", "k", "hello")
    let sink = CollectingSink()
    let head = try await store.getObject(reference("k"), range: 1..<99, conditions: .none, versionID: nil, into: sink)
    #expect(sink.text == "ello")
    #expect(head.size == 5 && head.etag == etag && sink.head == head)
    let error = await #expect(throws: S3Error.self) {
      try await store.getObject(reference("k"), range: 5..<9, conditions: .none, versionID: nil, into: sink)
    }
    #expect(error?.code == .invalidRange)
  }

  @Test("A sink that returns false ends the transfer")
  func refusingSink() async {
    store.put("b", "k", [UInt8](repeating: 1, count: 200_000))
    let sink = CollectingSink(limit: 1)
    let error = await #expect(throws: S3Error.self) {
      try await store.getObject(reference("k"), range: nil, conditions: .none, versionID: nil, into: sink)
    }
    #expect(error?.code == .cancelled)
    #expect(sink.bytes.count < 200_000)
  }

  @Test("Conditions of reads")
  func readConditions() async throws {
    let etag = store.put("b", "k", "1")
    func code(_ conditions: ReadConditions) async -> S3Error.Code? {
      do {
        _ = try await store.headObject(reference("k"), conditions: conditions, versionID: nil)
        return nil
      } catch { return error.code }
    }
    #expect(await code(ReadConditions(ifMatch: etag)) == nil)
    #expect(await code(ReadConditions(ifNoneMatch: etag)) == .notModified)
    store.put("b", "k", "2")
    #expect(await code(ReadConditions(ifMatch: etag)) == .preconditionFailed)
    #expect(await code(ReadConditions(ifNoneMatch: etag)) == nil)
  }

  @Test("Conditions of writes; a refused write changes nothing")
  func writeConditions() async throws {
    func put(_ key: ObjectKey, _ condition: WriteCondition) async -> S3Error.Code? {
      do {
        _ = try await store.putObject(
          reference(key), body: .bytes([1]), properties: ObjectProperties(), condition: condition)
        return nil
      } catch { return error.code }
    }
    #expect(await put("k", .ifMatch(ETag("x"))) == .noSuchKey)
    #expect(await put("k", .ifAbsent) == nil)
    let etag = store.put("b", "k", "mine")
    #expect(await put("k", .ifAbsent) == .preconditionFailed)
    #expect(await put("k", .ifMatch(ETag("x"))) == .preconditionFailed)
    #expect(store.text("b", "k") == "mine")
    #expect(await put("k", .ifMatch(etag)) == nil)
    #expect(await put(ObjectKey(String(repeating: "k", count: 1025)), .none) == .keyTooLong)
  }

  @Test("A copy keeps or replaces the headers; onto itself it must replace them")
  func copies() async throws {
    store.put("b", "k", "x", properties: ObjectProperties(contentType: "text/plain", userMetadata: ["a": "1"]))
    try await store.setTags([Tag(key: "t", value: "v")], of: reference("k"))
    _ = try await store.copyObject(from: reference("k"), to: reference("l"), metadata: .keep(), ifSourceMatch: nil)
    #expect(store.head("b", "l")?.properties.userMetadata == ["a": "1"])
    #expect(store.head("b", "l")?.tagCount == 1)
    let error = await #expect(throws: S3Error.self) {
      try await store.copyObject(from: reference("k"), to: reference("k"), metadata: .keep(), ifSourceMatch: nil)
    }
    #expect(error?.code == .invalidRequest)
    _ = try await store.copyObject(
      from: reference("k"), to: reference("k"), metadata: .replace(ObjectProperties()), ifSourceMatch: nil)
    #expect(store.head("b", "k")?.properties.userMetadata == [:])
  }

  @Test("An upload in parts appears when it is completed, with an ETag that contains the number of parts")
  func multipart() async throws {
    store.put("b", "base", [UInt8](repeating: 7, count: 6 << 20))
    let upload = try await store.createMultipartUpload(reference("k"), properties: ObjectProperties(), copies: true)
    let copied = try await store.uploadPartCopy(
      upload, number: 1, from: reference("base"), range: 0..<(5 << 20), ifSourceMatch: nil)
    let sent = try await store.uploadPart(upload, number: 2, body: .bytes([1, 2]))
    #expect(store.bytes("b", "k") == nil)
    #expect(try await store.listMultipartUploads(bucket: "b", prefix: "k") == [upload])
    let result = try await store.completeMultipartUpload(upload, parts: [copied, sent], condition: .ifAbsent)
    #expect(result.etag.value.hasSuffix("-2"))
    #expect(store.bytes("b", "k") == [UInt8](repeating: 7, count: 5 << 20) + [1, 2])
    #expect(store.uploadsInProgress == 0)
  }

  @Test("Small parts, wrong order and unknown parts are refused at completion")
  func multipartLimits() async throws {
    let upload = try await store.createMultipartUpload(reference("k"), properties: ObjectProperties())
    let one = try await store.uploadPart(upload, number: 1, body: .bytes([1]))
    let two = try await store.uploadPart(upload, number: 2, body: .bytes([2]))
    func complete(_ parts: [UploadedPart]) async -> S3Error.Code? {
      do {
        _ = try await store.completeMultipartUpload(upload, parts: parts, condition: .none)
        return nil
      } catch { return error.code }
    }
    #expect(await complete([one, two]) == .entityTooSmall)
    #expect(await complete([two, one]) == .invalidRequest)
    #expect(await complete([UploadedPart(number: 3, etag: one.etag)]) == .invalidRequest)
    try await store.abortMultipartUpload(upload)
    #expect(await complete([one]) == .noSuchUpload)
  }

  @Test("A bucket is deleted only when it is empty")
  func buckets() async throws {
    store.put("b", "k")
    let error = await #expect(throws: S3Error.self) { try await store.deleteBucket("b") }
    #expect(error?.code == .bucketNotEmpty)
    #expect(try await store.deleteObjects(bucket: "b", keys: ["k", "missing"]) == [])
    try await store.deleteBucket("b")
    #expect(try await store.listBuckets() == [])
  }

  @Test("LastModified has whole seconds")
  func clock() {
    let store = InMemoryStore(now: { Timestamp(seconds: 7, nanoseconds: 9) })
    store.put("b", "k")
    #expect(store.head("b", "k")?.lastModified == Timestamp(seconds: 7))
  }
}
