import CAllocations
import Core
import Foundation
import S3
import TestSupport

// Counts the allocations of the hot paths, and compares them with the recorded ones: a gate that does not depend on the
// machine's speed or load. S3 is in memory, time stands still, and each operation begins with warm caches.
// Run by scripts/hot-paths.

/// A file system over a store in memory with one bucket of a directory of 1,000 objects.
private struct World {
  let memory = InMemoryStore(buckets: ["bucket"])
  let fileSystem: FileSystem
  var directory = InodeNumber.root

  init() async throws {
    for number in 0..<1000 {
      memory.put("bucket", ObjectKey("dir/file\(number)"), [UInt8](repeating: UInt8(number % 251), count: 4096))
    }
    var options = FileSystemOptions()
    options.cacheDirectory = TestPath.unique()
    options.ttl = .seconds(1)
    fileSystem = FileSystem(store: memory, options: options, time: ManualTime().source)
    for name in ["bucket", "dir"] { directory = try await inode(name) }
  }

  func inode(_ name: String) async throws -> InodeNumber {
    guard case .found(let entry) = try await fileSystem.lookups.lookup(name, in: directory) else {
      fatalError("no \(name)")
    }
    return entry.inode
  }
}

private typealias Work = @Sendable (_ count: Int) async throws -> Void

/// The LOOKUP and GETATTR that the kernel sends for stat(2) of a known file.
private let stat: Work = { count in
  let world = try await World()
  let names = (0..<1000).map { "file\($0)" }
  for name in names { _ = try await world.inode(name) }
  for number in 0..<count {
    guard case .found(let entry)? = world.fileSystem.lookups.cachedLookup(names[number % 1000], in: world.directory),
      world.fileSystem.lookups.cachedAttributes(of: entry.inode, handle: nil) != nil
    else { fatalError("no longer cached") }
  }
}

/// A read(2) of a block that is in memory.
private let read: Work = { count in
  let world = try await World()
  let file = try await world.fileSystem.files.open(try await world.inode("file1"), flags: [.read])
  for _ in 0..<count {
    let data = try await world.fileSystem.files.read(file.handle, at: 0, count: 4096)
    precondition(data.bytes.count == 4096)
  }
}

/// open(2) with O_CREAT, write(2) of 4 KiB and close(2), with its PUT.
private let save: Work = { count in
  let world = try await World()
  let files = world.fileSystem.files
  let bytes = [UInt8](repeating: 7, count: 4096)
  for number in 0..<count {
    let file = try await files.create(
      "new\(number)", in: world.directory, permissions: 0o644, flags: [.write], caller: Caller(user: 1, group: 1)
    ).file
    _ = try await files.write(bytes, at: 0, to: file.handle)
    try await files.flush(file.handle, othersOpen: false)
    await files.release(file.handle)
  }
}

/// A GET of an object that is in memory.
private let get: Work = { count in
  let world = try await World()
  let path = ObjectPath(bucket: "bucket", key: "dir/file1")
  _ = try await world.fileSystem.byKey.reader(of: path, freshness: .withinTTL).read(at: 0, count: 4096)
  for _ in 0..<count {
    guard let data = world.fileSystem.byKey.readerInMemory(of: path)?.cachedRead(at: 0, count: 4096) else {
      fatalError("no longer in memory")
    }
    precondition(data.bytes.count == 4096)
  }
}

/// A page of 1,000 keys, as S3 sends it.
private let list: Work = { count in
  let contents = (0..<1000).map { number in
    "<Contents><Key>dir/file\(number)</Key><LastModified>2026-11-30T12:00:\(10 + number % 50).000Z</LastModified>"
      + "<ETag>&quot;0123456789abcdef0123456789abc\(100 + number % 900)&quot;</ETag><Size>\(number)</Size>"
      + "<Owner><DisplayName>webfile</DisplayName><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078e</ID></Owner>"
      + "<StorageClass>STANDARD</StorageClass></Contents>"
  }
  let page = Array(
    ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      + "<Name>bucket</Name><Prefix/><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>\(contents.joined())"
      + "</ListBucketResult>").utf8)
  for _ in 0..<count {
    let decoded = try ListingDecoder.decode(page)
    precondition(decoded.objects.count == 1000)
  }
}

/// Signature Version 4, of a URL.
private let sign: Work = { count in
  let client = try S3Client(S3Configuration(endpoint: try Endpoint("http://127.0.0.1:1")))
  let object = ObjectReference(bucket: "bucket", key: "a directory/and a file.txt")
  for _ in 0..<count { _ = try client.presignedURL(object, versionID: nil, expiresIn: 60, endpoint: nil) }
}

/// The operations, with their number in the longer of two runs; the difference of the runs excludes the setup.
private let works: [(name: String, count: Int, work: Work)] = [
  ("stat", 20_000, stat), ("read", 20_000, read), ("get", 20_000, get), ("save", 2_000, save), ("list", 20, list),
  ("sign", 2_000, sign),
]

/// The allocations of one operation.
private struct Allocations: Codable {
  var number: Double
  var bytes: Double

  static func of(_ work: Work, _ count: Int) async throws -> Allocations {
    let (number, bytes) = (allocations(), allocated_bytes())
    try await work(count)
    return Allocations(number: Double(allocations() - number), bytes: Double(allocated_bytes() - bytes))
  }

  /// Returns the allocations of one of `count` operations: the difference of two runs.
  static func each(of work: Work, _ count: Int) async throws -> Allocations {
    // Allocations that happen once in a process.
    _ = try await of(work, 10)
    let (half, whole) = (try await of(work, count / 2), try await of(work, count))
    let times = Double(count - count / 2)
    return Allocations(
      number: ((whole.number - half.number) / times * 10).rounded() / 10 + 0,
      bytes: ((whole.bytes - half.bytes) / times).rounded() + 0)
  }

  /// Returns whether this is within 5 % of the record, and within one allocation or 64 bytes.
  func isNear(_ record: Allocations) -> Bool {
    abs(number - record.number) <= max(1, record.number * 0.05)
      && abs(bytes - record.bytes) <= max(64, record.bytes * 0.05)
  }
}

@main enum HotPaths {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 2 || arguments.count == 3 && arguments[2] == "--update" else {
      print("usage: HotPaths RECORD [--update]")
      exit(64)
    }
    var found: [String: Allocations] = [:]
    for (name, count, work) in works { found[name] = try await Allocations.each(of: work, count) }
    let file = URL(fileURLWithPath: arguments[1])
    if arguments.count == 3 {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try (try encoder.encode(found) + Data("\n".utf8)).write(to: file)
    }
    let record = try JSONDecoder().decode([String: Allocations].self, from: try Data(contentsOf: file))
    var isNear = true
    for (name, _, _) in works {
      guard let now = found[name] else { continue }
      let before = record[name] ?? Allocations(number: 0, bytes: 0)
      print("\(name): \(now.number) allocations of \(now.bytes) bytes, on record \(before.number) of \(before.bytes)")
      isNear = isNear && now.isNear(before)
    }
    guard isNear else {
      print("More than 5 % from the record. If that is intended, or an improvement: scripts/hot-paths --update")
      exit(1)
    }
  }
}
