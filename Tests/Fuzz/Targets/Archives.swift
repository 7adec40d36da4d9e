import Archive
import Glibc

@testable import HTTPFront

/// Archives to be unpacked, through both of the gateway's passes.
func fuzzArchive(_ input: FuzzInput) {
  var input = input
  let format = input.byte() & 1 == 0 ? ArchiveFormat.tar : .zip
  let bytes = input.bytes
  guard let file = tmpfile() else { return }
  defer { fclose(file) }
  let descriptor = fileno(file)
  guard write(descriptor, bytes, bytes.count) == bytes.count else { return }
  var limits = UnpackLimits()
  (limits.entries, limits.total, limits.harmless) = (100, 1 << 20, 1 << 16)
  do { try UnpackCheck(limits: limits, archiveSize: Int64(bytes.count)).run(descriptor: descriptor, format) } catch {
    return
  }
  guard let reader = try? ArchiveReader(descriptor: descriptor, format: format) else { return }
  while let entry = try? reader.next() {
    let records = try? ArchiveRecords.properties(entry.attributes)
    guard let name = try? UnpackName(entry, isOurs: records != nil), !name.isTop else { continue }
    let segments = name.name.split(separator: "/", omittingEmptySubsequences: false).dropLast(name.isDirectory ? 1 : 0)
    check(!segments.isEmpty && segments.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }, name.name)
    while let bytes = try? reader.read(), !bytes.isEmpty {}
  }
}
