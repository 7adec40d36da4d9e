// SEMANTICS: 6.1
import S3
import Testing

@testable import Core

@Suite("POSIX metadata in user metadata")
struct PosixMetadataTests {
  private static let full: PosixMetadata = {
    var metadata = PosixMetadata()
    metadata.mode = 0o100640
    metadata.owner = 1000
    metadata.group = 100
    metadata.modified = Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    metadata.accessed = Timestamp(seconds: 1_700_000_001)
    metadata.changed = Timestamp(seconds: -5, nanoseconds: 40)
    metadata.device = 0x801
    metadata.xattrs = ["user.name": Array("value".utf8), "user.é \"\\": [0, 255], "user.empty": []]
    return metadata
  }()

  @Test("Metadata is written as s3fs writes it")
  func written() {
    var metadata = Self.full
    metadata.xattrs = ["user.name": Array("a?>".utf8), "user.b": []]
    #expect(
      metadata.merged(into: [:]) == [
        "mode": "33184", "uid": "1000", "gid": "100", "mtime": "1700000000.123456789", "atime": "1700000001",
        "ctime": "-5.000000040", "rdev": "2049",
        "xattr": "%7B%22user.b%22%3A%22%22%2C%22user.name%22%3A%22YT8%2B%22%7D",
      ])
  }

  @Test("Written metadata reads back")
  func roundTrip() { #expect(PosixMetadata(userMetadata: Self.full.merged(into: [:])) == Self.full) }

  @Test("A symbolic link of s3fs is read as a symbolic link")
  func symbolicLink() {
    let metadata = PosixMetadata(userMetadata: ["mode": "41471", "uid": "0"])
    #expect(metadata.kind == .symbolicLink)
    #expect(metadata.permissions == 0o777)
  }

  @Test("Each kind has its type bits", arguments: FileKind.allCases)
  func kinds(kind: FileKind) {
    var metadata = PosixMetadata()
    metadata.mode = 0o100755
    metadata.kind = kind
    #expect(metadata.kind == kind)
    #expect(metadata.permissions == 0o755)
  }

  @Test("Permission bits without type bits give no kind")
  func untyped() { #expect(PosixMetadata(userMetadata: ["mode": "420"]).kind == nil) }

  @Test(
    "Times are read in every form in use",
    arguments: [
      ("1700000000", 1_700_000_000, 0), ("1700000000.5", 1_700_000_000, 500_000_000),
      ("1700000000.1234567899", 1_700_000_000, 123_456_789), ("0.000000001", 0, 1), ("7.", 7, 0),
      ("-2.5", -2, 500_000_000),
    ])
  func times(text: String, seconds: Int64, nanoseconds: Int32) {
    #expect(Timestamp(metadata: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
  }

  @Test(
    "Malformed values are ignored",
    arguments: [
      ("mode", "rw-r--r--"), ("mode", "-1"), ("mode", "9999999"), ("mode", "99999999999999999999"), ("uid", "root"),
      ("uid", "-1"), ("gid", "4294967295"), ("gid", "4294967296"), ("mtime", "2024-01-01T00:00:00Z"), ("mtime", ""),
      ("mtime", "1.-5"), ("mtime", "99999999999999999999"), ("mtime", "1e9"), ("rdev", "x"), ("xattr", "no json"),
      ("xattr", "%7B%22a%22%3A%22***%22%7D"), ("xattr", "%7"), ("xattr", "[1]"), ("xattr", ""),
      ("xattr", "%7B%22user.%FF%22%3A%22eA%3D%3D%22%7D"),
    ])
  func garbage(name: String, value: String) {
    #expect(PosixMetadata(userMetadata: [name: value]) == PosixMetadata())
    // Another client may need a value that we do not understand.
    #expect(PosixMetadata().merged(into: [name: value]) == [name: value])
  }

  @Test("Merging keeps foreign entries and the spelling of equal values")
  func merging() {
    let before = ["author": "me", "mtime": "1700000000.50", "uid": "7", "xattr": "%7B%22a%22%3A%22QQ==%22%7D"]
    var metadata = PosixMetadata(userMetadata: before)
    #expect(metadata.merged(into: before) == before)
    metadata.owner = 8
    metadata.xattrs = [:]
    #expect(metadata.merged(into: before) == ["author": "me", "mtime": "1700000000.50", "uid": "8"])
  }

  @Test("The size counts names and values in UTF-8 bytes")
  func size() { #expect(PosixMetadata.size(ofUserMetadata: ["mode": "33188", "x": "é"]) == 4 + 5 + 1 + 2) }
}
