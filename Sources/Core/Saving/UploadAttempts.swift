import S3

/// What became of one file's uploads since its base is known.
struct UploadAttempts: Sendable {
  /// The closed state that is being uploaded.
  private(set) var underWay: UInt64?
  /// Of the states whose upload has begun, the latest last: each may be in S3, for an answer can be lost.
  private(set) var sent: [StateStamp] = []
  private static let mostSent = 32
  /// Why the last one failed, until one succeeds; and of which closed state it was.
  private(set) var failure: FileSystemError?
  private(set) var failedAt: UInt64?
  /// How many have failed.
  private(set) var failures = 0

  /// Whether an object is a state of the file whose upload was begun.
  func sent(_ head: ObjectHead) -> Bool {
    StateStamp(size: head.size, head.properties).map { sent.contains($0) } ?? false
  }

  mutating func begin(_ state: ClosedState) {
    underWay = state.generation
    for stamp in state.stamps where !sent.contains(stamp) { sent.append(stamp) }
    sent.removeFirst(max(0, sent.count - Self.mostSent))
  }

  /// Another one is to follow from the beginning.
  mutating func end() { underWay = nil }

  mutating func fail(_ error: FileSystemError, of generation: UInt64) {
    (underWay, failure, failedAt) = (nil, error, generation)
    failures += 1
  }

  /// S3 has what was to be saved, or nothing is to be saved any more.
  mutating func settle() { (underWay, failure, sent) = (nil, nil, []) }
}

/// What an upload made of a closed state.
struct UploadedState {
  /// Of the closed state.
  var generation: UInt64
  var head: ObjectHead
  var reader: VersionReader
  /// What headers are still to be written, if any: the closed state goes on with them.
  var headers: PosixMetadata?
}
