import S3
import Synchronization

/// The multipart upload of one large new file that runs while the file is written: finished parts are sent from the
/// spool. The bytes stay there until the upload is completed, so that nothing depends on it.
///
/// Called under the file's lock; its own lock is a leaf.
final class PartStream: Sendable {
  /// The parts that were sent, for the caller that completes the upload; it must abort it otherwise.
  struct Begun: Sendable {
    let upload: MultipartUpload
    let grid: PartGrid
    /// The parts that S3 holds with the file's bytes.
    let parts: [Int: UploadedPart]
  }

  private struct State {
    var upload: MultipartUpload?
    var isBeginning = false
    /// How many bytes of the file's beginning are written.
    var available: Int64 = 0
    /// The first part that has not been examined.
    var next = 1
    /// Parts in flight, and whether the file still has the bytes that are being sent.
    var sending: [Int: Bool] = [:]
    var tasks: [Int: Task<Void, Never>] = [:]
    var sent: [Int: UploadedPart] = [:]
    var hasFailed = false
    /// Whether it was completed or aborted elsewhere, or is no longer needed.
    var isOver = false
    var waiting: [CheckedContinuation<Void, Never>] = []

    var isIdle: Bool { sending.isEmpty && !isBeginning }
    var isUnwanted: Bool { hasFailed || isOver }

    /// Notes that a part is no longer in flight. Returns whether the file still has the bytes that were sent.
    mutating func end(_ number: Int) -> Bool {
      tasks[number] = nil
      return sending.removeValue(forKey: number) ?? false
    }
  }

  private enum Work {
    case begin
    case send(Int, MultipartUpload)
  }

  let reference: ObjectReference
  /// The properties that the object is created with.
  let properties: ObjectProperties
  let posix: PosixMetadata
  private let sending: UploadContext
  private let spool: SpoolFile
  private let grid: PartGrid
  private let state = Mutex(State())

  /// Sends nothing before the first `wrote`.
  init(
    _ reference: ObjectReference, properties: ObjectProperties, posix: PosixMetadata, spool: SpoolFile,
    sending: UploadContext
  ) {
    self.reference = reference
    self.properties = properties
    self.posix = posix
    self.spool = spool
    self.sending = sending
    grid = PartGrid(partSize: sending.limits.partSize)
  }

  // MARK: What the file does

  /// Notes that bytes were written; the first `available` of the file are complete.
  func wrote(_ range: Range<Int64>, available: Int64) {
    let work = state.withLock { state in
      forget(range, in: &state)
      state.available = available
      return next(&state)
    }
    for item in work { perform(item) }
  }

  func truncated(to size: Int64) {
    state.withLock { state in
      state.available = min(state.available, size)
      forget(size..<max(size, grid.range(of: state.next).upperBound), in: &state)
      state.next = min(state.next, grid.number(at: size))
    }
  }

  /// Forgets parts that were sent, or are being sent, with other bytes than the file has now.
  private func forget(_ range: Range<Int64>, in state: inout State) {
    guard !range.isEmpty, range.lowerBound < grid.range(of: state.next).lowerBound else { return }
    for number in grid.number(at: range.lowerBound)...grid.number(at: range.upperBound - 1) {
      state.sent[number] = nil
      if state.sending[number] != nil { state.sending[number] = false }
    }
  }

  /// Whether the writer is so far ahead that it must wait.
  var isBehind: Bool { state.withLock { isBehind($0) } }

  private func isBehind(_ state: State) -> Bool {
    !state.isUnwanted && state.available - grid.range(of: state.next).lowerBound > sending.limits.backlog
  }

  /// Waits until the upload is no longer behind, or this task is cancelled.
  func room() async { await wait { state in !self.isBehind(state) } }

  // MARK: Sending

  private func next(_ state: inout State) -> [Work] {
    guard !state.isUnwanted else { return [] }
    guard let upload = state.upload else {
      guard !state.isBeginning else { return [] }
      state.isBeginning = true
      return [.begin]
    }
    var work: [Work] = []
    while state.sending.count < sending.parallelism, grid.range(of: state.next).upperBound <= state.available {
      // Written again while its old bytes are still in flight: sent at the end.
      if state.sending[state.next] == nil && state.sent[state.next] == nil {
        state.sending[state.next] = true
        work.append(.send(state.next, upload))
      }
      state.next += 1
    }
    return work
  }

  private func perform(_ work: Work) {
    switch work {
    case .begin: Task { await begin() }
    case .send(let number, let upload):
      let task = Task { await send(number, of: upload) }
      state.withLock { if $0.sending[number] != nil { $0.tasks[number] = task } }
    }
  }

  private func begin() async {
    do throws(S3Error) {
      let upload = try await sending.journal.begin(reference, properties: properties, in: sending.store)
      step { state in (state.upload, state.isBeginning) = (upload, false) }
    } catch {
      step { state in (state.hasFailed, state.isBeginning) = (true, false) }
    }
  }

  private func send(_ number: Int, of upload: MultipartUpload) async {
    let range = grid.range(of: number)
    let body = RequestBody.file(
      descriptor: spool.descriptor, offset: range.lowerBound, length: Int64(range.count))
    do throws(S3Error) {
      let part = try await sending.store.uploadPart(upload, number: number, body: body)
      step { state in if state.end(number) { state.sent[number] = part } }
    } catch {
      // The bytes may have changed during the transfer: then they are sent again at the end.
      step { state in if state.end(number) { state.hasFailed = true } }
    }
  }

  /// Applies a change after something in flight has ended.
  private func step(_ change: (inout State) -> Void) {
    let (work, waiting, unwanted) = state.withLock { state in
      change(&state)
      let work = next(&state)
      defer { state.waiting = [] }
      return (work, state.waiting, takeUnwanted(&state))
    }
    for item in work { perform(item) }
    for continuation in waiting { continuation.resume() }
    if let unwanted { sending.abort(unwanted, of: self) }
  }

  /// Returns the upload that must be aborted, once nothing of it is in flight.
  private func takeUnwanted(_ state: inout State) -> MultipartUpload? {
    guard state.isUnwanted, state.isIdle else { return nil }
    defer { state.upload = nil }
    return state.upload
  }

  // MARK: Ending

  /// Waits for what is in flight and hands over the upload; nil if it failed, or never began.
  func finish() async -> Begun? {
    await wait(evenIfCancelled: true) { $0.isIdle }
    return state.withLock { state in
      guard !state.isUnwanted, let upload = state.upload else {
        state.isOver = true
        return nil
      }
      state.isOver = true
      state.upload = nil
      return Begun(upload: upload, grid: grid, parts: state.sent)
    }
  }

  /// Cancels the upload: it is aborted as soon as nothing of it is in flight.
  func abandon() {
    let (tasks, unwanted) = state.withLock { state in
      state.isOver = true
      return (Array(state.tasks.values), takeUnwanted(&state))
    }
    for task in tasks { task.cancel() }
    wake()
    if let unwanted { sending.abort(unwanted, of: self) }
  }

  private func wait(evenIfCancelled: Bool = false, until isDone: @Sendable (State) -> Bool) async {
    while !state.withLock({ isDone($0) }), evenIfCancelled || !Task.isCancelled {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let mustWait = state.withLock { state in
            guard !isDone(state), evenIfCancelled || !Task.isCancelled else { return false }
            state.waiting.append(continuation)
            return true
          }
          if !mustWait { continuation.resume() }
        }
      } onCancel: {
        if !evenIfCancelled { wake() }
      }
    }
  }

  private func wake() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
