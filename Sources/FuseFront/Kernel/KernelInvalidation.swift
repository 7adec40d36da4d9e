internal import Basics
internal import CFuse3
internal import Core
internal import Dispatch
private import Glibc
private import Synchronization

/// Invalidates the kernel's cached entries, attributes and pages.
///
/// The notifications wait for the kernel's inode locks, which may be held by a request that waits for a reply.
/// Therefore they are sent on a thread of their own, never in a callback or a Task. Notifications about names wait for
/// the lock of their directory: if the process is killed meanwhile, the kernel ends neither it nor the program that
/// holds the lock. Where the kernel caches no names, without a ttl, they are not sent.
final class KernelInvalidation: ChangeObserver {
  private struct State: Sendable {
    var queue = InvalidationQueue()
    var session: KernelSession?
    var isOver = false
    /// How many invalidations were queued and sent, in total.
    var queued: UInt64 = 0
    var told: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
  }

  /// A task that waits until this many invalidations were sent.
  private struct Waiter: Sendable {
    let amount: UInt64
    let continuation: CheckedContinuation<Void, Never>
    let patience: Task<Void, Never>

    func resume() {
      patience.cancel()
      continuation.resume()
    }
  }

  /// How long to wait: the kernel accepts notifications at once, unless a request on the same directory waits for S3.
  private static let patience = Duration.seconds(1)

  /// Whether the kernel relies on names that it looked up before.
  private let keepsEntries: Bool
  private let state = Mutex(State())
  private let hasNews = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)

  init(keepsEntries: Bool) { self.keepsEntries = keepsEntries }

  /// Starts the thread. Before, and after `stop`, changes are dropped: then the kernel caches nothing.
  func start(_ session: KernelSession) -> Bool {
    state.withLock { $0.session = session }
    let thread = Thread(name: "fuse-invalidate") { [self] in
      while tellNext() {}
      hasEnded.signal()
    }
    thread?.detach()
    return thread != nil
  }

  /// Ends the thread. Returns false if it is still inside the kernel after `duration`: then the session must not be freed.
  func stop(atMost duration: Duration) -> Bool {
    let (hadStarted, waiters) = state.withLock { state in
      state.isOver = true
      defer { state.waiters = [:] }
      return (state.session != nil, state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
    hasNews.signal()
    return !hadStarted || hasEnded.wait(atMost: duration)
  }

  func inodeChanged(_ inode: InodeNumber, contents: Bool) { add(.inode(inode, contents: contents)) }

  func entryChanged(_ name: String, in parent: InodeNumber) {
    if keepsEntries { drop(name, in: parent) }
  }

  func entryIsSurplus(_ name: String, in parent: InodeNumber) { drop(name, in: parent) }

  /// Makes the kernel look the name up again, even where it caches none.
  func drop(_ name: String, in parent: InodeNumber) { add(.entry(name: Array(name.utf8), parent: parent)) }

  func entryRemoved(_ name: String, in parent: InodeNumber, child: InodeNumber?) {
    guard keepsEntries else { return }
    let name = Array(name.utf8)
    add(child.map { .removal(name: name, parent: parent, child: $0) } ?? .entry(name: name, parent: parent))
  }

  private func add(_ news: InvalidationQueue.News) {
    let isNew = state.withLock { state in
      guard state.session != nil, !state.isOver, state.queue.add(news) else { return false }
      state.queued += 1
      return true
    }
    if isNew { hasNews.signal() }
  }

  private func tellNext() -> Bool {
    hasNews.wait()
    let (news, session) = state.withLock { ($0.isOver ? nil : $0.queue.next(), $0.isOver ? nil : $0.session) }
    guard let session else { return false }
    if let news { tell(news, to: session.pointer) }
    let waiters = state.withLock { state in
      state.told += 1
      let ready = state.waiters.filter { $0.value.amount <= state.told }
      for id in ready.keys { state.waiters[id] = nil }
      return ready.values
    }
    for waiter in waiters { waiter.resume() }
    return true
  }

  func settled() async {
    await withCheckedContinuation { continuation in
      let isSettled = state.withLock { state in
        guard !state.isOver, state.told < state.queued else { return true }
        let id = state.nextWaiter
        state.nextWaiter += 1
        let patience = Task { [self] in
          guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
          self.state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
        state.waiters[id] = Waiter(amount: state.queued, continuation: continuation, patience: patience)
        return false
      }
      if isSettled { continuation.resume() }
    }
  }

  /// Sends one invalidation. Ignores failures: the kernel did not know the inode or the name (ENOENT), or the mount is gone.
  private func tell(_ news: InvalidationQueue.News, to session: OpaquePointer) {
    switch news {
    case .inode(let inode, let contents):
      // A negative offset invalidates attributes only (libfuse).
      fuse_lowlevel_notify_inval_inode(session, inode.rawValue, contents ? 0 : -1, 0)
    case .entry(let name, let parent):
      Self.withName(name) { fuse_lowlevel_notify_inval_entry(session, parent.rawValue, $0, $1) }
    case .removal(let name, let parent, let child):
      let failure = Self.withName(name) {
        fuse_lowlevel_notify_delete(session, parent.rawValue, child.rawValue, $0, $1)
      }
      // The kernel may know the name as another inode, or a directory as not empty: then at least it looks up again.
      guard failure != 0, failure != -ENOENT else { return }
      Self.withName(name) { fuse_lowlevel_notify_inval_entry(session, parent.rawValue, $0, $1) }
    }
  }

  @discardableResult
  private static func withName(_ name: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> Int32) -> Int32 {
    // The kernel requires the name terminated, with a length that does not count the terminator.
    (name.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer { body($0.baseAddress!, name.count) }
  }
}
