// SEMANTICS: 3.4.1
import S3
import TestSupport
import Testing

/// Operation × answer × number of failures: the result of a write, and the object left (regression, faults C9 to C12).
@Suite("Ambiguous answers to writes")
struct ConfirmingStoreTests {
  enum Answer: String, CaseIterable, Sendable {
    /// Performed, but the answer is lost, is an error, or cannot be parsed.
    case lost, failed, garbled
    /// Not performed.
    case neverArrived, refused

    var code: S3Error.Code {
      switch self {
      case .lost, .neverArrived: .connectionFailed
      case .failed, .refused: .internalError
      case .garbled: .malformedResponse
      }
    }

    var isPerformed: Bool { self == .lost || self == .failed || self == .garbled }
  }

  private let memory: InMemoryStore
  private let faults: FaultyStore
  private let store: ConfirmingStore
  private let reference = ObjectReference(bucket: "bucket", key: "file")
  private let bytes = Array("new".utf8)

  init() {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.deletesConditionally = true
    memory = InMemoryStore(buckets: ["bucket"], behaviour: behaviour)
    faults = FaultyStore(memory)
    store = ConfirmingStore(
      faults, now: { Timestamp.now() }, unwanted: { [faults] in try? await faults.abortMultipartUpload($0) })
  }

  private func fail(_ operation: StoreOperation, _ answer: Answer, times: Int) {
    faults.fail(operation, times: times, with: answer.code, when: answer.isPerformed ? .after : .before)
  }

  private func put(_ condition: WriteCondition = .none) async throws -> WriteResult {
    try await store.putObject(
      reference, body: .bytes(bytes), properties: ObjectProperties(userMetadata: ["a": "b"]), condition: condition)
  }

  @Test("a PUT is acknowledged if and only if its object exists", arguments: Answer.allCases, [1, 99])
  func put(answer: Answer, times: Int) async throws {
    memory.put("bucket", "file", "old")
    fail(.putObject, answer, times: times)
    let result = try? await put()
    #expect((result != nil) == answer.isPerformed)
    #expect(memory.text("bucket", "file") == (answer.isPerformed ? "new" : "old"))
    if let result {
      #expect(result.etag == (try await memory.headObject(reference, conditions: .none, versionID: nil).etag))
    }
  }

  @Test("so is a PUT of a new name, which is sent again if it was not performed", arguments: Answer.allCases, [1, 99])
  func conditional(answer: Answer, times: Int) async throws {
    fail(.putObject, answer, times: times)
    let result = try? await put(.ifAbsent)
    let isThere = answer.isPerformed || times == 1
    #expect((result != nil) == isThere)
    #expect(memory.text("bucket", "file") == (isThere ? "new" : nil))
  }

  @Test("so is a PUT that replaces a version", arguments: Answer.allCases, [1, 99])
  func replacing(answer: Answer, times: Int) async throws {
    memory.put("bucket", "file", "old")
    let old = try await memory.headObject(reference, conditions: .none, versionID: nil).etag
    fail(.putObject, answer, times: times)
    let result = try? await put(.ifMatch(old))
    let isThere = answer.isPerformed || times == 1
    #expect((result != nil) == isThere)
    #expect(memory.text("bucket", "file") == (isThere ? "new" : "old"))
  }

  @Test("a conditional DELETE succeeds if and only if the object is gone", arguments: Answer.allCases, [1, 99])
  func deleteVersion(answer: Answer, times: Int) async throws {
    memory.put("bucket", "file", "old")
    let old = try await memory.headObject(reference, conditions: .none, versionID: nil).etag
    fail(.deleteObject, answer, times: times)
    let isDone = (try? await store.deleteObject(reference, ifMatch: old)) != nil
    #expect(isDone == (answer.isPerformed || times == 1))
    #expect((memory.text("bucket", "file") == nil) == isDone)
  }

  @Test("an object with the same bytes and other headers does not confirm a PUT")
  func otherHeaders() async throws {
    memory.put("bucket", "file", "new")
    fail(.putObject, .neverArrived, times: 1)
    await #expect(throws: S3Error.self) { _ = try await put() }
  }

  @Test("a COPY is acknowledged if and only if its object exists", arguments: Answer.allCases, [1, 99])
  func copy(answer: Answer, times: Int) async throws {
    memory.put("bucket", "source", "bytes", properties: ObjectProperties(userMetadata: ["a": "b"]))
    fail(.copyObject, answer, times: times)
    let source = ObjectReference(bucket: "bucket", key: "source")
    let result = try? await store.copyObject(from: source, to: reference, metadata: .keep(), ifSourceMatch: nil)
    #expect((result != nil) == answer.isPerformed)
    #expect(memory.text("bucket", "file") == (answer.isPerformed ? "bytes" : nil))
  }

  @Test("a DELETE succeeds if and only if the object is gone", arguments: Answer.allCases, [1, 99])
  func delete(answer: Answer, times: Int) async throws {
    memory.put("bucket", "file", "old")
    fail(.deleteObject, answer, times: times)
    let isDone = (try? await store.deleteObject(reference, versionID: nil)) != nil
    #expect(isDone == answer.isPerformed)
    #expect((memory.text("bucket", "file") == nil) == answer.isPerformed)
  }

  @Test("a multipart upload whose creation was not answered is aborted", arguments: Answer.allCases)
  func create(answer: Answer) async throws {
    fail(.createMultipartUpload, answer, times: 1)
    let upload = try? await store.createMultipartUpload(reference, properties: .init(), copies: false)
    #expect(upload != nil)
    #expect(memory.uploadsInProgress == 1)
  }

  @Test("a completion is repeated, then confirmed by its object", arguments: Answer.allCases, [1, 99])
  func complete(answer: Answer, times: Int) async throws {
    let upload = try await store.createMultipartUpload(reference, properties: .init(), copies: false)
    let part = try await store.uploadPart(upload, number: 1, body: .bytes(bytes))
    fail(.completeMultipartUpload, answer, times: times)
    let result = try? await store.completeMultipartUpload(upload, parts: [part], condition: .none)
    #expect((result != nil) == (answer.isPerformed || times == 1))
    #expect((memory.text("bucket", "file") == "new") == (result != nil))
  }

  enum Conditional: String, CaseIterable { case put, complete, delete }

  @Test("a 412 is accepted only if the condition is false", arguments: Conditional.allCases, [1, 99])
  func mistaken(operation: Conditional, times: Int) async throws {
    memory.put("bucket", "file", "old")
    let old = try await memory.headObject(reference, conditions: .none, versionID: nil).etag
    let failing: StoreOperation =
      switch operation {
      case .put: .putObject
      case .complete: .completeMultipartUpload
      case .delete: .deleteObject
      }
    faults.fail(failing, times: times, with: .preconditionFailed)
    var isDone = true
    do throws(S3Error) {
      switch operation {
      case .put:
        _ = try await store.putObject(reference, body: .bytes(bytes), properties: .init(), condition: .ifMatch(old))
      case .complete:
        let upload = try await store.createMultipartUpload(reference, properties: .init(), copies: false)
        let part = try await store.uploadPart(upload, number: 1, body: .bytes(bytes))
        _ = try await store.completeMultipartUpload(upload, parts: [part], condition: .ifMatch(old))
      case .delete: try await store.deleteObject(reference, ifMatch: old)
      }
    } catch {
      isDone = false
      #expect(error.code == .preconditionFailed)
    }
    #expect(isDone == (times == 1))
    #expect(memory.text("bucket", "file") == (isDone ? (operation == .delete ? nil : "new") : "old"))
  }

  @Test("a write with a false condition fails")
  func refused() async throws {
    memory.put("bucket", "file", "theirs")
    do throws(S3Error) {
      // The same bytes: another client's object must not confirm our write.
      _ = try await store.putObject(
        reference, body: .bytes(Array("theirs".utf8)), properties: .init(), condition: .ifAbsent)
      Issue.record("it was acknowledged")
    } catch { #expect(error.code == .preconditionFailed) }
  }
}
