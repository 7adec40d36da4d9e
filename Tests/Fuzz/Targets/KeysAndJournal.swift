import Glibc

@testable import Core
@testable import Keys
@testable import S3

/// Every key has one path, and every path that is accepted is the one path of its key.
func fuzzKeys(_ input: FuzzInput) {
  var input = input
  let isShadowed = input.byte() & 1 == 1
  let text = input.text
  let key = ObjectKey(text)
  let path = KeyMapping.path(forKey: key) { _ in isShadowed }
  for name in path {
    check(name.utf8.count <= KeyMapping.maximumNameLength && !NameEscape.isReserved(name), "the name \(name)")
  }
  if !key.isEmpty {
    let isDirectory = !isShadowed && text.utf8.last == UInt8(ascii: "/")
    check((try? KeyMapping.key(forPath: path, isDirectory: isDirectory)) == key, "\(text) became \(path)")
  }
  let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  if let own = try? KeyMapping.key(forPath: components, isDirectory: isShadowed) {
    let again = [true, false].map { shadowed in KeyMapping.path(forKey: own) { _ in shadowed } }
    check(again.contains(components), "\(components) is not the path of \(own)")
  }
}

/// Files that a dead process left in the spool: records, intents, the list of uploads, remembered headers.
func fuzzJournal(_ input: FuzzInput) {
  if let record = SpoolRecord(decoding: input.bytes) {
    check(record.heldRanges.ranges.allSatisfy { $0.upperBound <= record.size }, "\(record.held)")
    check(record.changedRanges.ranges.allSatisfy { $0.upperBound <= record.size }, "\(record.changed)")
    check(record.encoded.flatMap(SpoolRecord.init(decoding:)) == record, "\(record)")
  }
  let folder = scratch.path
  try? Disk.write(input.bytes, to: folder + "/1" + RenameIntent.suffix, durably: false)
  if let intent = try? RenameIntent(path: folder + "/1" + RenameIntent.suffix) {
    _ = (intent.source, intent.destination)
  }
  try? Disk.write(input.bytes, to: folder + "/uploads", durably: false)
  try? Disk.write(input.bytes, to: folder + "/session", durably: false)
  _ = SpoolSession.readOwner(folder)
  if let session = SpoolSession.adopt(folder) { _ = UploadJournal.leftOver(in: session) }
  try? Disk.write(input.bytes, to: folder + "/metadata", durably: false)
  MetadataLog(path: folder + "/metadata")?.read { _ = $0.reference }
}

/// A directory for the files of one run after the other.
private let scratch = ScratchDirectory()

private final class ScratchDirectory: Sendable {
  let path: String

  init() {
    path = (Environment.value("TMPDIR") ?? "/tmp") + "/localstackmount-fuzz-\(getpid())"
    mkdir(path, 0o700)
    atexit {
      for name in Disk.names(in: scratch.path) { Disk.remove("\(scratch.path)/\(name)") }
      rmdir(scratch.path)
    }
  }
}
