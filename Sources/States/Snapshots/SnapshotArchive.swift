import Archive
import Basics
import Glibc
import Keys
import S3

/// A snapshot as one tar file, for other machines: `manifest.jsonl`, and the blobs by their SHA-256.
package struct SnapshotArchive: Sendable {
  private let store: SnapshotStore

  private static let manifest = "manifest.jsonl"
  private static let blobs = "blobs/"

  package init(_ store: SnapshotStore) { self.store = store }

  package func export(_ name: String, to path: String) async throws(StateFailure) {
    let state = try store.state(name)
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FileAccess.Audience.everybody.fileMode)
    guard descriptor >= 0 else { throw .disk("write", path) }
    defer { close(descriptor) }
    do throws(StateFailure) {
      let archive = try Self.tar(path) { () throws(ArchiveError) in try ArchiveWriter(.tar) }
      try await add(store.manifest(name), as: Self.manifest, archive, descriptor, path)
      var written: Set<SHA256Digest> = []
      for (bucket, contents) in state.buckets {
        for item in contents.items {
          guard case .blob(let digest, _) = item.content, written.insert(digest).inserted else { continue }
          let file = try await state.source.file(of: item, in: bucket)
          try await add(file.path, as: "\(Self.blobs)\(digest)", archive, descriptor, path)
        }
      }
      let end: [UInt8]
      do throws(ArchiveError) { end = try await archive.finish() } catch { throw StateFailure(.trouble, error.message) }
      guard FileAccess.write(end, to: descriptor), rename(temporary, path) == 0 else { throw .disk("write", path) }
    } catch {
      FileAccess.remove(temporary)
      throw error
    }
  }

  private static func tar<Value>(
    _ path: String, _ body: () throws(ArchiveError) -> Value
  ) throws(StateFailure) -> Value {
    do throws(ArchiveError) { return try body() } catch { throw StateFailure(.trouble, "\(path): \(error.message)") }
  }

  private func add(
    _ file: String, as name: String, _ archive: ArchiveWriter, _ output: Int32, _ path: String
  ) async throws(StateFailure) {
    let input = open(file, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw .disk("read", file) }
    defer { close(input) }
    var status = stat()
    guard fstat(input, &status) == 0 else { throw .disk("read", file) }
    do throws(ArchiveError) {
      var ready = try await archive.begin(
        name, size: Int64(status.st_size), modifiedSeconds: Int64(status.st_mtim.tv_sec))
      while true {
        guard FileAccess.write(ready, to: output) else {
          throw ArchiveError("cannot write \(path): \(FileAccess.reason)")
        }
        guard let piece = FileAccess.next(input, atMost: 1 << 20) else {
          throw ArchiveError("cannot read \(file): \(FileAccess.reason)")
        }
        if piece.isEmpty { return }
        ready = try await archive.write(piece[...])
      }
    } catch { throw StateFailure(.trouble, error.message) }
  }

  /// Imports a snapshot. Returns its name. Every blob is checked against its name; `rename` gives the snapshot another.
  package func `import`(_ path: String, rename: String?) async throws(StateFailure) -> String {
    let lock = try await store.lock()
    defer { withExtendedLifetime(lock) {} }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .disk("read", path) }
    defer { close(descriptor) }
    let archive = try Self.tar(path) { () throws(ArchiveError) in
      try ArchiveReader(descriptor: descriptor, format: .tar)
    }
    let manifest = try store.cache.partial.path()
    defer { FileAccess.remove(manifest) }
    let index = BlobIndex(store)
    var unpacked: [SHA256Digest: Content] = [:]
    var hasManifest = false
    while let entry = try Self.tar(path, { () throws(ArchiveError) in try archive.next() }) {
      guard let name = entry.name, case .file = entry.kind else { continue }
      if name == Self.manifest {
        guard !hasManifest else { throw Self.damaged(path, "it holds two \(Self.manifest)") }
        hasManifest = true
        _ = try unpack(archive, of: path, to: manifest)
      } else if name.hasPrefix(Self.blobs) {
        let content = try adopt(archive, String(name.dropFirst(Self.blobs.count)), index, path)
        unpacked[content.digests.sha256] = content
      }
    }
    guard let head = SnapshotStore.head(of: manifest), let name = rename ?? head["name"]?.string
    else { throw StateFailure(.trouble, "\(path) is no snapshot: it holds no \(Self.manifest)") }
    try SnapshotStore.validate(name)
    let state = try store.read(manifest, name, damaged: Self.damaged(path, "its \(Self.manifest) cannot be right"))
    for (bucket, contents) in state.buckets { try require(bucket, contents.items, unpacked, path) }
    try index.save()
    try store.write(
      state, name: name, endpoint: head["endpoint"]?.string ?? "", isEverything: state.isEverything)
    return name
  }

  private struct Content {
    let digests: ContentDigests
    let size: Int64
  }

  private static func damaged(_ path: String, _ reason: String) -> StateFailure {
    StateFailure(.trouble, "\(path) is damaged: \(reason)")
  }

  /// Verifies a manifest, which is not trusted: a later reset would act on it. Blobs that are in the store only, and
  /// not in the file, are read.
  private func require(
    _ bucket: String, _ items: [Item], _ unpacked: [SHA256Digest: Content], _ path: String
  ) throws(StateFailure) {
    do throws(BucketNameError) { try BucketName.validate(bucket) } catch {
      throw Self.damaged(path, error.description)
    }
    for item in items {
      guard case .blob(let digest, let md5) = item.content else { continue }
      if let problem = item.stated?.properties.problem {
        throw Self.damaged(path, "s3://\(bucket)/\(item.key): \(problem)")
      }
      let stated = ContentDigests(md5: md5, sha256: digest)
      if let content = unpacked[digest] {
        guard content.digests == stated, content.size == item.size else {
          throw Self.damaged(path, "size or MD5 of s3://\(bucket)/\(item.key) are not those of its bytes")
        }
      } else if !store.isWhole(stated, item.size) {
        throw Self.damaged(path, "it lacks the bytes of s3://\(bucket)/\(item.key)")
      }
    }
  }

  private func adopt(
    _ archive: ArchiveReader, _ name: String, _ index: BlobIndex, _ path: String
  ) throws(StateFailure) -> Content {
    let temporary = try store.cache.partial.path()
    do throws(StateFailure) {
      let size = try unpack(archive, of: path, to: temporary)
      let digests = try LocalHashes(nil).digests(of: temporary)
      guard digests.sha256.description == name else {
        throw Self.damaged(path, "a file in it does not have the bytes of its name")
      }
      try store.adopt(temporary, as: digests)
      index.add(digests, size)
      return Content(digests: digests, size: size)
    } catch {
      FileAccess.remove(temporary)
      throw error
    }
  }

  private func unpack(_ archive: ArchiveReader, of source: String, to path: String) throws(StateFailure) -> Int64 {
    let output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FileAccess.Audience.owner.fileMode)
    guard output >= 0 else { throw .disk("write", path) }
    defer { close(output) }
    var size: Int64 = 0
    while let piece = try Self.tar(source, { () throws(ArchiveError) in try archive.read() }) {
      guard FileAccess.write(piece, to: output) else { throw .disk("write", path) }
      size += Int64(piece.count)
    }
    return size
  }
}
