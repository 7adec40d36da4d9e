@testable import Core
@testable import HTTPFront
@testable import S3

/// Documents in answers: listings, and everything else as a tree. Parsed sizes and keys are valid for the rest of the
/// program.
func fuzzXML(_ input: FuzzInput) {
  if let page = try? ListingDecoder.decode(input.bytes) {
    for object in page.objects {
      check((0...ObjectSize.largest).contains(object.size), "a size of \(object.size)")
      showEverywhere(object.lastModified)
    }
  }
  if let root = try? XMLElement.parse(input.bytes) { _ = root.all("Bucket").map { $0["Name"] } }
  let request = S3Request("GetObject", .get, bucket: "bucket")
  let response = HTTPResponse(head: ResponseHead(status: 400), body: input.bytes)
  check(!S3Error(response, to: request).message.isEmpty, "an error without a message")
  _ = S3Error(lateIn: response, to: request)
}

/// The status line and headers of an answer, as libcurl passes them, and the values parsed from them.
func fuzzResponseHead(_ input: FuzzInput) {
  var parser = ResponseHeadParser()
  for line in input.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
    guard let head = line.withUnsafeBytes({ parser.take(line: $0) }) else { continue }
    _ = (head.versionID, head.contentLength)
    if let range = head.contentRange {
      check(range.range.lowerBound >= 0 && range.range.upperBound <= range.size, "\(range)")
    }
    guard let object = try? ObjectHead(head, size: 1, tagCount: nil, operation: "GetObject") else { continue }
    showEverywhere(object.lastModified)
    showMetadata(object.properties.userMetadata)
  }
}

/// User metadata by name: as other clients wrote it, and as we write it back.
func fuzzMetadata(_ input: FuzzInput) {
  var input = input
  let names = ["mode", "uid", "gid", "mtime", "atime", "ctime", "xattr", "rdev", "other"]
  var userMetadata: [String: String] = [:]
  while !input.rest.isEmpty { userMetadata[names[Int(input.byte()) % names.count]] = MetadataText.decode(input.line()) }
  showMetadata(userMetadata)
  for value in userMetadata.values {
    let encoded = MetadataText.encode(value)
    check(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "invalid in a header: \(encoded)")
    check(MetadataText.decode(encoded).utf8.elementsEqual(value.utf8), "\(value) became \(encoded)")
  }
}

func fuzzXattr(_ input: FuzzInput) {
  guard let xattrs = XattrHeader.decode(input.text) else { return }
  check(XattrHeader.decode(XattrHeader.encode(xattrs)) == xattrs, "\(xattrs)")
}

private func showMetadata(_ userMetadata: [String: String]) {
  let posix = PosixMetadata(userMetadata: userMetadata)
  // Nothing changed, so no spelling changes.
  check(posix.merged(into: userMetadata) == userMetadata, "\(userMetadata)")
  check(PosixMetadata(userMetadata: posix.merged(into: [:])) == posix, "\(posix)")
  for time in [posix.modified, posix.accessed, posix.changed] { time.map(showEverywhere) }
}

private func showEverywhere(_ time: Timestamp) {
  check((0..<1_000_000_000).contains(time.nanoseconds), "\(time)")
  _ = (HTTPDate.format(time), HTTPDate.formatISO(time), HTTPDate.formatShort(time))
}
