import S3

/// The outcomes of one file's uploads since its base is known.
struct UploadAttempts: Sendable {
  /// The closed state that is being uploaded.
  private(set) var underWay: UInt64?
  /// The states whose upload has begun, the latest last: each may be in S3, as an answer can be lost.
  private(set) var sent: [StateStamp] = []
  private static let mostSent = 32
  /// Why the last upload failed, until one succeeds; and of which closed state it was.
  private(set) var failure: FileSystemError?
  private(set) var failedAt: UInt64?
  /// How many uploads have failed.
  private(set) var failures = 0

  /// Returns whether an object is a state of the file whose upload was begun.
  func sent(_ head: ObjectHead) -> Bool {
    StateStamp(size: head.size, head.properties).map { sent.contains($0) } ?? false
  }

  mutating func begin(_ state: ClosedState) {
    underWay = state.generation
    for stamp in state.stamps where !sent.contains(stamp) { sent.append(stamp) }
    sent.removeFirst(max(0, sent.count - Self.mostSent))
  }

  /// Ends the current upload; another one must start from the beginning.
  mutating func end() { underWay = nil }

  mutating func fail(_ error: FileSystemError, of generation: UInt64) {
    (underWay, failure, failedAt) = (nil, error, generation)
    failures += 1
  }

  /// Notes that S3 has what had to be saved, or that nothing must be saved any more.
  mutating func settle() { (underWay, failure, sent) = (nil, nil, []) }
}

/// The result of uploading a closed state.
struct UploadedState {
  /// The generation of the closed state.
  var generation: UInt64
  var head: ObjectHead
  var reader: VersionReader
  /// The headers that must still be written, if any: the closed state remains for these.
  var headers: PosixMetadata?
}
