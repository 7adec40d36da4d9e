import S3
import Synchronization
import Testing

/// Collects the heads and bytes of a GET.
final class CollectingSink: BodySink {
  private struct State {
    var heads: [ObjectHead] = []
    var bytes: [UInt8] = []
    var pieces = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// Refuses more bytes once it has `limit`.
  init(limit: Int = .max) { self.limit = limit }

  var heads: [ObjectHead] { state.withLock { $0.heads } }
  var bytes: [UInt8] { state.withLock { $0.bytes } }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  func begin(_ head: ObjectHead) { state.withLock { $0.heads.append(head) } }

  func receive(_ bytes: RawSpan) -> Bool {
    let copy = bytes.withUnsafeBytes { Array($0) }
    return state.withLock { state in
      state.bytes += copy
      return state.bytes.count < limit
    }
  }
}

/// Returns the S3 error that `body` throws; nil if it throws none.
func failure(of body: () async throws -> Void) async -> S3Error? {
  do {
    try await body()
    return nil
  } catch let error as S3Error {
    return error
  } catch {
    Issue.record("not an S3Error: \(error)")
    return nil
  }
}

extension S3Client {
  func read(_ reference: ObjectReference, range: Range<Int64>? = nil) async throws(S3Error) -> [UInt8] {
    let sink = CollectingSink()
    try await getObject(reference, range: range, conditions: .none, versionID: nil, into: sink)
    return sink.bytes
  }

  func put(_ reference: ObjectReference, _ text: String) async throws(S3Error) -> WriteResult {
    try await putObject(reference, body: .bytes(Array(text.utf8)), properties: .init(), condition: .none)
  }
}
