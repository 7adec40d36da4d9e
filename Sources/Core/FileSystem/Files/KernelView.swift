import Keys
import S3
import Synchronization

/// A name on the way down from the mount's root, and what it names.
public struct PathStep: Hashable, Sendable {
  public var name: String
  public var path: ObjectPath
}

/// The places as the kernel knows them, for changes that are replayed to its watchers.
public final class KernelView: LookingPart {
  let lookups: Lookups

  init(_ lookups: Lookups) { self.lookups = lookups }
}

extension KernelView {
  /// How many changes of one directory may be queued: as many as an inotify queue of the kernel holds by default.
  private static let mostWaiting = 16_384

  /// Returns the directory whose changes a watch of this inode waits for: itself, or the parent of the file. Nil if the
  /// inode is not known or is gone, and inside names that are too long for one (SEMANTICS.md 7.1).
  public func watchedDirectory(of inode: InodeNumber) -> ObjectPath? {
    switch inodes.table.withLock({ $0[inode]?.place }) {
    case .root: .root
    case .directory(let location) where location.continuation == 0: ObjectPath(location)
    case .object(let reference): ObjectPath(reference.parent.location)
    case .directory, nil: nil
    }
  }

  /// Subscribes to a directory as `watch` does, for the kernel's watchers: changes may be reported later when many
  /// directories are followed. Cost: at most eight listings in each ttl for all such subscriptions.
  public func watchForKernel(_ directory: ObjectPath) async throws(FileSystemError) -> ChangeSubscription {
    if !directory.isRoot { try await knowledge.requireBucket(directory.bucket, freshness: .withinTTL) }
    return try await changes.changeDetector.subscribe(
      to: WatchScope(bucket: directory.bucket, prefix: directory.key), capacity: Self.mostWaiting, isPatient: true)
  }

  /// Returns the steps from the root to a directory; the root itself is not part of them. Nil if a name is too long for
  /// one.
  public func steps(to directory: ObjectPath) -> [PathStep]? {
    guard !directory.isRoot else { return [] }
    var steps: [PathStep] = []
    var location = place(at: directory).location ?? directory.location
    let top = self.knowledge.location(ofBucket: directory.bucket)
    while location != top {
      guard top.contains(location), let (above, segment) = location.parent, let name = Self.name(of: segment) else {
        return nil
      }
      steps.append(PathStep(name: name, path: ObjectPath(location)))
      location = above
    }
    steps.append(PathStep(name: directory.bucket, path: ObjectPath(top)))
    return steps.reversed()
  }

  /// Returns the name under which the mount shows the object of a change. Nil if it is too long for one.
  public func name(of change: ObjectChange) -> String? {
    let path = change.path
    if path.isBucket { return path.bucket }
    guard let (above, segment) = path.isDirectory ? path.location.parent : path.reference.parent else { return nil }
    guard !path.isDirectory else { return Self.name(of: segment) }
    let child = knowledge.directories.withLock { $0.child(segment, of: above, within: horizon, now: time.now())?.child }
    return Self.name(of: segment, isShadowed: child?.isDirectory ?? false)
  }

  private static func name(of segment: ByteName, isShadowed: Bool = false) -> String? {
    let names = KeyMapping.names(forSegment: segment.string, isShadowedObject: isShadowed)
    return names.count == 1 ? names[0] : nil
  }

  /// Returns the inode that the kernel knows at a path.
  public func inode(at path: ObjectPath) -> InodeNumber? { inodes.table.withLock { $0[place(at: path)]?.number } }

  /// Returns a directory as far as it is remembered, with zero validity. Counts one lookup.
  public func rememberedEntry(ofDirectory path: ObjectPath) -> Entry {
    let place = place(at: path)
    let number = inodes.table.withLock { $0.look(up: place) }
    var attributes = place.location.map { self.inodes.attributes(of: $0) } ?? inodes.rootAttributes()
    attributes.inode = number
    return Entry(attributes: attributes, validFor: .zero)
  }

  /// Returns the object of a change, as it is now or (deleted) was, with zero validity. Counts one lookup.
  public func rememberedEntry(of change: ObjectChange) -> Entry {
    guard !change.path.isDirectory else { return rememberedEntry(ofDirectory: change.path) }
    var attributes = rememberedAttributes(of: change)
    attributes.inode = inodes.table.withLock { $0.look(up: .object(change.path.reference), as: attributes.kind) }
    return Entry(attributes: attributes, validFor: .zero)
  }

  /// Returns the attributes of a change's object, as `rememberedEntry` has them. Counts no lookup.
  public func rememberedAttributes(of change: ObjectChange) -> Attributes {
    let reference = change.path.reference
    let (number, node) = inodes.table.withLock { ($0.number(for: .object(reference)), $0[.object(reference)]) }
    if let content = node?.content, let unsaved = lookups.unsavedAttributes(of: content, inode: number) {
      return unsaved
    }
    let facts = ObjectFacts(
      size: change.size ?? 0,
      version: Version(etag: change.etag ?? ETag(""), modified: change.modified ?? time.wall()))
    var attributes = inodes.attributes(of: reference, facts: facts, inode: number)
    attributes.kind = rememberedKind(of: change)
    return attributes
  }

  /// Returns the kind of file that a change is about, as far as it is remembered.
  public func rememberedKind(of change: ObjectChange) -> FileKind {
    if change.path.isDirectory { return .directory }
    let reference = change.path.reference
    if let kind = inodes.table.withLock({ $0[.object(reference)]?.kind }) { return kind }
    let head = knowledge.metadata.withLock { $0.latest(of: reference) }
    guard let head, head.etag == change.etag else { return .file }
    return PosixMetadata(userMetadata: head.properties.userMetadata).kindOfObject
  }

  /// Returns a directory's attributes as far as they are remembered, with zero validity; nil for anything else.
  public func rememberedAttributes(ofDirectory inode: InodeNumber) -> Entry? {
    switch inodes.table.withLock({ $0[inode]?.place }) {
    case .root: Entry(attributes: inodes.rootAttributes(), validFor: .zero)
    case .directory(let location): Entry(attributes: inodes.attributes(of: location), validFor: .zero)
    case .object, nil: nil
    }
  }

  private func place(at path: ObjectPath) -> Place {
    if path.isRoot { return .root }
    if path.isBucket { return .directory(knowledge.location(ofBucket: path.bucket)) }
    return path.isDirectory ? .directory(path.location) : .object(path.reference)
  }
}

extension Place {
  fileprivate var location: DirectoryLocation? {
    if case .directory(let location) = self { location } else { nil }
  }
}
