/// Chooses the format of a listing or an error for the client (RFC 9110 section 12).
enum Negotiation {
  /// Returns the format in `Accept`. curl and wget, which accept anything, get the page as browsers do.
  static func listingFormat(accept: String?) throws(HTTPError) -> ListingFormat {
    let offers: [(String, ListingFormat)] = [
      ("text/html", .page), ("application/json", .json), ("application/x-ndjson", .lines), ("text/plain", .names),
    ]
    guard let chosen = best(of: offers.map(\.0), accept: accept) else {
      throw HTTPError(406, "A listing is text/html, application/json, application/x-ndjson or text/plain.")
    }
    return offers[chosen].1
  }

  enum ErrorFormat: Sendable { case page, json, text }

  /// Returns the format of errors: text unless the client names another format: `*/*` is curl, whose user reads a
  /// terminal.
  static func errorFormat(accept: String?) -> ErrorFormat {
    switch best(of: ["text/plain", "text/html", "application/json"], accept: accept) {
    case 1: .page
    case 2: .json
    default: .text
    }
  }

  /// Returns the index of the offer with the highest weight, the earlier of equals; nil if none is acceptable.
  static func best(of offers: [String], accept: String?) -> Int? {
    guard let accept else { return 0 }
    let ranges = parse(accept)
    var best: (index: Int, weight: Int)?
    for (index, offer) in offers.enumerated() {
      let weight = weight(of: offer, in: ranges)
      if weight > best?.weight ?? 0 { best = (index, weight) }
    }
    return best?.index
  }

  /// Returns the weight in thousandths. The most specific range that matches decides.
  private static func weight(of offer: String, in ranges: [(type: String, weight: Int)]) -> Int {
    let family = offer.prefix { $0 != "/" } + "/*"
    for candidate in [offer, String(family), "*/*"] {
      if let range = ranges.first(where: { $0.type == candidate }) { return range.weight }
    }
    return 0
  }

  private static func parse(_ accept: String) -> [(type: String, weight: Int)] {
    accept.split(separator: ",").map { item in
      let parts = item.split(separator: ";").map(\.trimmed)
      let quality = parts.dropFirst().first { $0.lowercasedASCII.hasPrefix("q=") }
      return (parts.first?.lowercasedASCII ?? "", quality.map { thousandths($0.dropFirst(2)) } ?? 1000)
    }
  }

  private static func thousandths(_ text: Substring) -> Int {
    guard let first = text.first, first == "0" || first == "1" else { return 0 }
    guard first == "0" else { return 1000 }
    let digits = text.dropFirst(2).prefix(3)
    return digits.allSatisfy(\.isNumber) ? Int((digits + "000").prefix(3)) ?? 0 : 0
  }
}
