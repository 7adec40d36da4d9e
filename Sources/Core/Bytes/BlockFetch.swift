import S3
import Synchronization

/// One ranged GET in flight: cuts the body into blocks, caches each, and wakes the tasks that wait for it.
final class BlockFetch: BodySink {
  typealias Block = ContentCache.Block
  private typealias Waiter = CheckedContinuation<Result<Block, FileSystemError>, Never>

  private struct State {
    /// The position of the next byte.
    var position: Int64
    var buffer: [UInt8] = []
    /// Blocks that arrived while the fetch still runs: the cache may already have evicted them.
    var finished: [Int64: Block] = [:]
    var waiters: [UInt64: (index: Int64, waiter: Waiter)] = [:]
    var nextWaiter: UInt64 = 0
    var outcome: Result<Void, FileSystemError>?
  }

  let range: Range<Int64>
  private let deliver: @Sendable (Block, _ isKept: Bool) -> Void
  private let state: Mutex<State>

  /// - Parameter deliver: is called with each block as it arrives, and whether it came from disk.
  init(range: Range<Int64>, deliver: @escaping @Sendable (Block, _ isKept: Bool) -> Void) {
    self.range = range
    self.deliver = deliver
    state = Mutex(State(position: range.lowerBound))
  }

  var blockIndices: ClosedRange<Int64> { ContentCache.blocks(of: range) }

  var hasEnded: Bool { state.withLock { $0.outcome != nil } }

  /// Returns the block of that index, as far as this fetch covers it, once it has arrived.
  func block(_ index: Int64) async -> Result<Block, FileSystemError> {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now: Result<Block, FileSystemError>? = state.withLock { state in
          if let block = state.finished[index] { return .success(block) }
          if case .failure(let error)? = state.outcome { return .failure(error) }
          if state.outcome != nil { return .failure(.incomplete) }
          if Task.isCancelled { return .failure(.interrupted) }
          state.waiters[id] = (index, continuation)
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let waiting = state.withLock { $0.waiters.removeValue(forKey: id) }
      waiting?.waiter.resume(returning: .failure(.interrupted))
    }
  }

  /// The range that has not arrived yet and must be requested from S3.
  var rest: Range<Int64> { state.withLock { $0.position }..<range.upperBound }

  /// Takes the next block from disk; it may have more bytes than requested. Returns false if another block is the next.
  func take(_ block: Block) -> Bool {
    let isNext = state.withLock { state in
      let isWanted = state.buffer.isEmpty && state.position < range.upperBound
      guard isWanted, block.range.contains(state.position) else { return false }
      state.position = min(block.range.upperBound, range.upperBound)
      return true
    }
    if isNext { finish(block, isKept: true) }
    return isNext
  }

  // MARK: BodySink

  func begin(_ head: ObjectHead) {}

  func receive(_ bytes: RawSpan) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let taken = state.withLock { state -> (count: Int, block: Block?) in
        let start = state.position - Int64(state.buffer.count)
        let end = min((start / ContentCache.blockSize + 1) * ContentCache.blockSize, range.upperBound)
        let count = min(rest.byteCount, Int(end - state.position))
        guard count > 0 else { return (0, nil) }
        if state.buffer.isEmpty { state.buffer.reserveCapacity(Int(end - start)) }
        rest.extracting(first: count).withUnsafeBytes { state.buffer.append(contentsOf: $0) }
        state.position += Int64(count)
        guard state.position == end else { return (count, nil) }
        let block = Block(offset: start, bytes: state.buffer)
        state.buffer = []
        return (count, block)
      }
      // More bytes than requested: the client checks lengths, so this does not happen; end the fetch all the same.
      guard taken.count > 0 else { return false }
      if let block = taken.block { finish(block, isKept: false) }
      rest = rest.extracting(droppingFirst: taken.count)
    }
    return true
  }

  /// Ends the fetch after the transfer.
  func end(_ outcome: Result<Void, FileSystemError>) {
    let waiting = state.withLock { state in
      state.outcome = outcome
      defer { state.waiters = [:] }
      return state.waiters.values.map(\.waiter)
    }
    let answer: FileSystemError = if case .failure(let error) = outcome { error } else { .incomplete }
    for waiter in waiting { waiter.resume(returning: .failure(answer)) }
  }

  private func finish(_ block: Block, isKept: Bool) {
    deliver(block, isKept)
    let index = block.offset / ContentCache.blockSize
    let waiting = state.withLock { state in
      state.finished[index] = block
      let matching = state.waiters.filter { $0.value.index == index }
      for id in matching.keys { state.waiters[id] = nil }
      return matching.values.map(\.waiter)
    }
    for waiter in waiting { waiter.resume(returning: .success(block)) }
  }
}
