import Synchronization

/// The files that have ranges copied from objects in S3 and not saved since: before such an object changes, they must
/// have the bytes.
final class CopyTargets: Sendable {
  private struct Target {
    weak var content: FileContent?
    /// The last copy for which it was added.
    var copy: UInt64
  }

  private struct State {
    var targets: [ObjectIdentifier: Target] = [:]
    var copies: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Adds a file. Must be called with each copy, under the file's lock.
  func add(_ content: FileContent) {
    state.withLock { state in
      state.copies += 1
      state.targets[ObjectIdentifier(content)] = Target(content: content, copy: state.copies)
    }
  }

  /// The files that still have such ranges. Costs one lock while there are none.
  var current: [FileContent] {
    let all = state.withLock { $0.targets }
    var needy: [FileContent] = []
    for (id, target) in all {
      if let content = target.content, content.with({ !$0.copiedPieces.isEmpty }) {
        needy.append(content)
      } else {
        state.withLock { if $0.targets[id]?.copy == target.copy { $0.targets[id] = nil } }
      }
    }
    return needy
  }
}
