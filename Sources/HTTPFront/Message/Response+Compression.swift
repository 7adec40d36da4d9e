import Archive

extension Response {
  /// The minimum size, in bytes, that is worth compressing.
  private static let compressionThreshold = 4 << 10
  private static let compressible = ["text/", "application/json", "application/x-ndjson"]

  /// Compresses listings and pages if the client accepts gzip. Objects are sent as stored.
  func compressed(for request: Request) -> Response {
    guard case .bytes(let bytes) = body, bytes.count >= Self.compressionThreshold, status == 200,
      let type = headers["Content-Type"], Self.compressible.contains(where: type.hasPrefix),
      headers["Content-Encoding"] == nil
    else { return self }
    var response = self
    response.headers.add("Vary", "Accept-Encoding")
    guard Negotiation.acceptsGzip(request.headers.joined("Accept-Encoding")), let small = Gzip.compress(bytes) else {
      return response
    }
    response.headers.add("Content-Encoding", "gzip")
    response.body = .bytes(small)
    return response
  }
}

extension Negotiation {
  /// Returns whether the header names gzip. curl without `--compressed` sends no header and expects plain text.
  static func acceptsGzip(_ header: String?) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { item in
      let parts = item.split(separator: ";").map(\.trimmed)
      guard parts.first?.lowercasedASCII == "gzip" else { return false }
      return !parts.dropFirst().contains {
        $0.lowercasedASCII.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) }
      }
    }
  }
}
