internal import Core

/// What the kernel is still to be told, oldest first: bounded, and equal news told once.
///
/// Dropping news is safe: the kernel's timeouts are never longer than the ttl, and contents are validated at open. So
/// the bound on staleness holds without any of them; they only make changes show sooner.
struct InvalidationQueue {
  enum News: Equatable {
    case inode(InodeNumber, contents: Bool)
    /// Names as bytes: Swift takes strings for equal that differ in their normal form, file systems do not.
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
  /// The first of `order` that is not yet taken: the array is cut only now and then.
  private var head = 0

  init(capacity: Int = 8192) { self.capacity = capacity }

  var count: Int { order.count - head }

  /// False if equal or stronger news was waiting already.
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

  /// The later news about a name wins; contents once invalid stay so until told.
  fileprivate func merged(with later: Self) -> Self {
    if case .inode(let inode, let contents) = self, case .inode(_, let more) = later {
      return .inode(inode, contents: contents || more)
    }
    return later
  }
}
