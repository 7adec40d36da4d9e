public import S3
import Synchronization

/// Collects a GET's body. With a limit it ends the transfer once it has that many bytes.
public final class CollectingSink: BodySink {
  private struct State {
    var head: ObjectHead?
    var bytes: [UInt8] = []
  }

  private let limit: Int
  private let state = Mutex(State())

  public init(limit: Int = .max) { self.limit = limit }

  public var head: ObjectHead? { state.withLock { $0.head } }
  public var bytes: [UInt8] { state.withLock { $0.bytes } }
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public func begin(_ head: ObjectHead) { state.withLock { $0.head = head } }

  public func receive(_ bytes: RawSpan) -> Bool {
    let piece = bytes.withUnsafeBytes { [UInt8]($0) }
    return state.withLock { state in
      state.bytes += piece
      return state.bytes.count < limit
    }
  }
}
