import Core
import Logging
import Testing

@testable import localstackmount

struct ValuesTests {
  @Test(arguments: [
    ("1", 1), ("512K", 512 << 10), ("1.5G", 3 << 29), ("2MiB", 2 << 20), ("3tb", 3 << 40),
  ])
  func `a size has binary units`(text: String, bytes: Int64) {
    #expect(ByteCount(argument: text)?.bytes == bytes)
  }

  @Test(arguments: ["", "0", "-1", "K", "1X", "1e30G", "nan"])
  func `an invalid size is refused`(text: String) { #expect(ByteCount(argument: text) == nil) }

  @Test(arguments: [
    ("1", Duration.seconds(1)), ("0.5", .milliseconds(500)), ("500ms", .milliseconds(500)), ("2s", .seconds(2)),
  ])
  func `a time without a unit is in seconds`(text: String, duration: Duration) {
    #expect(Seconds(argument: text)?.duration == duration)
  }

  @Test(arguments: ["", "-1", "s", "ms", "1m", "inf", "1e10"])
  func `an invalid time is refused`(text: String) { #expect(Seconds(argument: text) == nil) }

  @Test func `permission bits are octal`() {
    #expect(Octal(argument: "022")?.bits == 0o022 && Octal(argument: "777")?.bits == 0o777)
    #expect(Octal(argument: "8") == nil && Octal(argument: "1000") == nil)
    #expect(Octal(bits: 0o22).defaultValueDescription == "022")
  }

  @Test func `levels have swift-log's names, in any case`() {
    #expect(LogLevel(argument: "DEBUG")?.level == .debug && LogLevel(argument: "loud") == nil)
  }

  @Test func `a bucket may have a prefix`() throws {
    #expect(try BucketScope.parse("box").prefix == "")
    #expect(try BucketScope.parse("box/a/b").prefix == "a/b/")
    #expect(try BucketScope.parse("s3://box/").bucket == "box")
    for text in ["/a", "", "s3://", "host:80", "http://host", "10.0.0.1"] {
      #expect(throws: FileSystemError.self) { try BucketScope.parse(text) }
    }
  }

  @Test func `a password may contain colons, a user's name may not`() {
    let pair = Credentials(argument: "me:a:b")
    #expect(pair?.user == "me" && pair?.password == "a:b")
    #expect(
      Credentials(argument: ":x") == nil && Credentials(argument: "me:") == nil && Credentials(argument: "me") == nil)
  }

  @Test func `a path prefix has plain segments, and a slash at its end is removed`() {
    #expect(PathPrefix(argument: "/s3/")?.path == "/s3" && PathPrefix(argument: "/")?.path == "")
    for text in ["s3", "/a b", "/a//b", "/ä"] { #expect(PathPrefix(argument: text) == nil) }
  }

  @Test func `an origin is a scheme and a host`() {
    #expect(Origin(argument: "HTTPS://App.example:3000")?.text == "https://app.example:3000")
    for text in ["app.example", "https://", "https://a/b", "ftp://a", "https://*"] {
      #expect(Origin(argument: text) == nil)
    }
  }
}
