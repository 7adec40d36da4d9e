// SEMANTICS: 2.5
import S3
import TestSupport
import Testing

@testable import Core

/// The cost of following directories for the kernel's watchers, and the lookups that need no request.
@Suite struct KernelWatchTests {
  private let store = InMemoryStore(buckets: ["box"])

  private func fileSystem(_ store: (any ObjectStore)? = nil) -> FileSystem {
    var options = FileSystemOptions()
    options.ttl = .seconds(600)
    return FileSystem(store: store ?? self.store, options: options)
  }

  private func path(_ key: String) -> ObjectPath { ObjectPath(bucket: "box", key: ObjectKey(key)) }

  @Test func `up to eight directories are listed once per ttl, and more share as many listings`() async throws {
    let files = fileSystem()
    var subscriptions: [ChangeSubscription] = []
    for number in 0..<32 {
      subscriptions.append(try await files.kernelView.watchForKernel(path("d\(number)/")))
      let expected = Duration.seconds(600) * max(number + 1, 8) / 8
      #expect(files.changes.changeDetector.pause(for: WatchScope(bucket: "box", prefix: "d0/")) == expected)
    }
    // A watcher over HTTP does not share the listings.
    let patientless = try await files.byKey.watch(path("d0/"))
    #expect(files.changes.changeDetector.pause(for: WatchScope(bucket: "box", prefix: "d0/")) == .seconds(600))
    patientless.end()
    for subscription in subscriptions { subscription.end() }
  }

  @Test func `a burst of 10,000 changes is queued completely, at the cost of its listing`() async throws {
    let recording = RecordingStore(store)
    let files = fileSystem(recording)
    let subscription = try await files.kernelView.watchForKernel(path("d/"))
    for number in 0..<10_000 { store.put("box", ObjectKey("d/\(number)")) }
    let before = recording.count(.listObjects)
    await files.changes.changeDetector.poll(WatchScope(bucket: "box", prefix: "d/"))
    #expect(recording.count(.listObjects) - before == 10)
    #expect(await subscription.nextAll(within: .seconds(10)).count == 10_000)
  }

  @Test func `an inode's directory, its path and its entries are known without a request`() async throws {
    let recording = RecordingStore(store)
    store.put("box", "a//b/x.txt")
    let files = fileSystem(recording)
    guard case .found(let bucket) = try await files.lookups.lookup("box", in: .root),
      case .found(let a) = try await files.lookups.lookup("a", in: bucket.attributes.inode),
      case .found(let empty) = try await files.lookups.lookup("／", in: a.attributes.inode),
      case .found(let b) = try await files.lookups.lookup("b", in: empty.attributes.inode),
      case .found(let file) = try await files.lookups.lookup("x.txt", in: b.attributes.inode)
    else { return #expect(Bool(false)) }
    let before = recording.calls.count
    #expect(files.kernelView.watchedDirectory(of: .root) == .root)
    #expect(files.kernelView.watchedDirectory(of: bucket.attributes.inode) == ObjectPath(bucket: "box"))
    #expect(files.kernelView.watchedDirectory(of: b.attributes.inode) == path("a//b/"))
    #expect(files.kernelView.watchedDirectory(of: file.attributes.inode) == path("a//b/"))
    #expect(files.kernelView.watchedDirectory(of: InodeNumber(rawValue: 12345)) == nil)
    #expect(files.kernelView.steps(to: path("a//b/"))?.map(\.name) == ["box", "a", "／", "b"])
    #expect(files.kernelView.inode(at: path("a//b/")) == b.attributes.inode)
    let change = ObjectChange(kind: .changed, path: path("a//b/x.txt"), size: 7, etag: ETag("e"))
    #expect(files.kernelView.name(of: change) == "x.txt")
    let entry = files.kernelView.rememberedEntry(of: change)
    #expect(entry.attributes.inode == file.attributes.inode && entry.attributes.size == 7 && entry.validFor == .zero)
    #expect(recording.calls.count == before)
  }

  @Test func `a directory that others deleted and created again has another inode`() async throws {
    let files = fileSystem()
    final class Observer: ChangeObserver {
      func inodeChanged(_ inode: InodeNumber, contents: Bool) {}
      func settled() async {}
      func entryChanged(_ name: String, in parent: InodeNumber) {}
      func entryIsSurplus(_ name: String, in parent: InodeNumber) {}
      func entryRemoved(_ name: String, in parent: InodeNumber, child: InodeNumber?) {}
    }
    let observer = Observer()
    files.changes.observe(observer)
    store.put("box", "d/x")
    guard case .found(let bucket) = try await files.lookups.lookup("box", in: .root),
      case .found(let old) = try await files.lookups.lookup("d", in: bucket.attributes.inode)
    else { return #expect(Bool(false)) }
    files.changes.announceOutside(ObjectChange(kind: .deleted, path: path("d/")))
    #expect(files.kernelView.watchedDirectory(of: old.attributes.inode) == nil)
    let entry = files.kernelView.rememberedEntry(ofDirectory: path("d/"))
    #expect(entry.attributes.inode != old.attributes.inode)
  }
}
