import Core

/// Several ranges of one object in one answer: multipart/byteranges (RFC 9110 section 14.6).
struct MultipartRanges: Sendable {
  private let ranges: [Range<Int64>]
  private let info: ObjectInfo
  private let headers: Headers
  private let boundary: String

  /// - Parameter headers: those of the whole object.
  init(ranges: [Range<Int64>], info: ObjectInfo, headers: Headers) {
    self.ranges = ranges
    self.info = info
    self.headers = headers
    // 128 random bits: no object contains them.
    boundary = String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  func response(from reader: ObjectReader) -> Response {
    var own = Headers()
    for (name, value) in headers.fields where !Headers.equal(name, "Content-Type") { own.add(name, value) }
    own.add("Content-Type", "multipart/byteranges; boundary=\(boundary)")
    let length = ranges.reduce(Int64(end.count)) { $0 + Int64($1.count) + Int64(head(of: $1).count) }
    let stream = ResponseStream(length: length) { stream in
      for range in ranges {
        try await stream.write(head(of: range))
        try await send(range, from: reader, to: stream)
      }
      try await stream.write(end)
    }
    return Response(206, headers: own, body: .stream(stream))
  }

  private func send(_ range: Range<Int64>, from reader: ObjectReader, to stream: ResponseStream) async throws {
    try await reader.readAll(range) { try await stream.write(Array($0)) }
  }

  private func head(of range: Range<Int64>) -> [UInt8] {
    let type = headers["Content-Type"] ?? "application/octet-stream"
    return Array(
      ("\r\n--\(boundary)\r\nContent-Type: \(type)\r\n"
        + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(info.size)\r\n\r\n").utf8)
  }

  private var end: [UInt8] { Array("\r\n--\(boundary)--\r\n".utf8) }
}
