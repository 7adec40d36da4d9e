import Core

/// The listing as the page's scripts read it: the members of `?json` except for those that follow from others, and
/// other data that the page needs.
struct ListingData {
  private let json: JSON

  init(_ page: ListingPage) {
    var members: [(String, JSON)] = [
      ("path", .string(page.directory.description)), ("root", .string(ObjectPath.root.urlPath)),
      ("readOnly", .bool(page.isReadOnly)), ("auth", .bool(page.needsPassword)), ("footer", .string(page.footer)),
      ("entries", .array(page.entries.map(page.search == nil ? \.shortJSON : \.json))),
    ]
    if let search = page.search {
      members += [("query", .string(search)), ("truncated", .bool(page.isCut))]
    }
    json = .object(members)
  }

  /// The markup for a script element, which ends at the first "</script" and is parsed differently after "<!--": no "<"
  /// is left.
  var markup: HTML {
    var bytes: [UInt8] = []
    for byte in json.encoded {
      if byte == UInt8(ascii: "<") {
        bytes.append(contentsOf: #"\u003c"#.utf8)
      } else {
        bytes.append(byte)
      }
    }
    return HTML(trusted: bytes)
  }
}

extension ListedEntry {
  /// The entry without path and URL, which are those of the directory with the name; an object unless a type is named.
  fileprivate var shortJSON: JSON {
    guard case .object(let members) = json else { return json }
    return .object(members.filter { !["path", "url", kind == .object ? "type" : ""].contains($0.0) })
  }
}
