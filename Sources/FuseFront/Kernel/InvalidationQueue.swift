internal import Core

/// Invalidations to send to the kernel, oldest first: bounded, and equal ones are coalesced.
///
/// Dropping invalidations is safe: the kernel's timeouts are never longer than the ttl, and contents are validated at
/// open. The bound on staleness holds without any of them; they only make changes show sooner.
struct InvalidationQueue {
  enum News: Equatable {
    case inode(InodeNumber, contents: Bool)
    /// The name as bytes: to Swift, strings that differ in their normal form are equal, to file systems not.
    case entry(name: [UInt8], parent: InodeNumber)
    case removal(name: [UInt8], parent: InodeNumber, child: InodeNumber)
  }

  fileprivate enum Subject: Hashable {
    case inode(InodeNumber)
    case entry(name: [UInt8], parent: InodeNumber)
  }

  let capacity: Int
  private var news: [Subject: News] = [:]
  private var order: [Subject] = []
  /// The first of `order` that is not taken yet: the array is truncated only occasionally.
  private var head = 0

  init(capacity: Int = 8192) { self.capacity = capacity }

  var count: Int { order.count - head }

  /// Adds an invalidation. Returns false if an equal or stronger one is queued already.
  mutating func add(_ new: News) -> Bool {
    let subject = new.subject
    if let waiting = news[subject] {
      news[subject] = waiting.merged(with: new)
      return false
    }
    if count == capacity { _ = next() }
    news[subject] = new
    order.append(subject)
    return true
  }

  mutating func next() -> News? {
    guard head < order.count else { return nil }
    let first = news.removeValue(forKey: order[head])
    head += 1
    if head == order.count || head > 1024 {
      order.removeFirst(head)
      head = 0
    }
    return first
  }
}

extension InvalidationQueue.News {
  fileprivate var subject: InvalidationQueue.Subject {
    switch self {
    case .inode(let inode, _): .inode(inode)
    case .entry(let name, let parent), .removal(let name, let parent, _): .entry(name: name, parent: parent)
    }
  }

  /// Merges two invalidations: the later one about a name wins; contents stay invalid until sent.
  fileprivate func merged(with later: Self) -> Self {
    if case .inode(let inode, let contents) = self, case .inode(_, let more) = later {
      return .inode(inode, contents: contents || more)
    }
    return later
  }
}
