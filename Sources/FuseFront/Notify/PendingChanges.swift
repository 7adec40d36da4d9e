internal import Core

/// Changes to replay for the kernel's watchers, oldest first: bounded, at most one for each name.
struct PendingChanges {
  private struct Item {
    var change: ObjectChange
    let directory: ObjectPath
    var attempts: Int
  }

  /// The usual limit: as many as an inotify queue holds by default (fs.inotify.max_queued_events): beyond it the
  /// watchers lose some too.
  static let usualCapacity = 16_384
  /// The most changes of one directory per batch: the mount is busy while they are replayed.
  static let batch = 64

  private let capacity: Int
  private var items: [ObjectPath: Item] = [:]
  private var order: [ObjectPath] = []
  private var head = 0
  /// How many changes were dropped since `takeLost`.
  private var lost = 0

  init(capacity: Int = usualCapacity) { self.capacity = capacity }

  var isEmpty: Bool { items.isEmpty }

  mutating func add(_ change: ObjectChange, in directory: ObjectPath, attempts: Int = 0) {
    if let waiting = items[change.path] {
      items[change.path] = Self.merged(waiting.change, change).map {
        Item(change: $0, directory: directory, attempts: 0)
      }
      return
    }
    guard items.count < capacity else {
      lost += 1
      return
    }
    items[change.path] = Item(change: change, directory: directory, attempts: attempts)
    order.append(change.path)
  }

  /// Puts a change back that could not be replayed yet; it is older than all pending ones.
  mutating func putBack(_ change: ObjectChange, in directory: ObjectPath, attempts: Int) {
    guard let newer = items.removeValue(forKey: change.path) else {
      return add(change, in: directory, attempts: attempts)
    }
    guard let merged = Self.merged(change, newer.change) else { return }
    items[change.path] = Item(change: merged, directory: directory, attempts: attempts)
  }

  /// Coalesces two changes of a name: create followed by delete cancels out, repeated changes become one.
  private static func merged(_ first: ObjectChange, _ second: ObjectChange) -> ObjectChange? {
    var merged = second
    switch (first.kind, second.kind) {
    case (.created, .deleted): return nil
    case (.deleted, .created) where second.path.isDirectory: return nil
    case (.created, .changed): merged.kind = .created
    case (.deleted, .created): merged.kind = .changed
    default: break
    }
    return merged
  }

  /// Takes the oldest change and those after it in the same directory.
  mutating func takeBatch() -> (directory: ObjectPath, changes: [(change: ObjectChange, attempts: Int)])? {
    var directory: ObjectPath?
    var changes: [(change: ObjectChange, attempts: Int)] = []
    while head < order.count, changes.count < Self.batch {
      // A name that was created, deleted and created again is in the order twice.
      if let item = items[order[head]] {
        guard directory == nil || directory == item.directory else { break }
        directory = item.directory
        changes.append((item.change, item.attempts))
        items[order[head]] = nil
      }
      head += 1
    }
    if head == order.count || head > 1024 {
      order.removeFirst(head)
      head = 0
    }
    guard let directory else { return nil }
    return (directory, changes)
  }

  mutating func takeLost() -> Int {
    defer { lost = 0 }
    return lost
  }
}
