import Core

/// One kind of request: a method, the kinds of places that it applies to, and the query that selects it.
///
/// Each handler lists its own; `HTTPEndpoint.all` is all of them. It is the source of the router, `Allow`, hints, the
/// refusals of unknown queries, the scope of the guards against other sites and of `--read-only`, and the tests of
/// docs/HTTP.md and openapi.json.
struct HTTPEndpoint: Sendable {
  /// The kind of place that a URL's path names.
  enum Place: Hashable, Sendable {
    case root, bucket, directory, object
    /// A path below `/-/`; a part in braces matches any value.
    case own(String)
  }

  /// The answer if the endpoint's query is used at another kind of place.
  struct Elsewhere: Sendable {
    var status: Int
    var sentence: String

    /// Refuses the verb of an object at a directory.
    static func objectsOnly(_ title: String) -> Self {
      Self(status: 400, sentence: "\(title) is for objects, not for directories.")
    }

    /// Refuses the verb of a directory at an object.
    static func directoriesOnly(_ verb: String) -> Self {
      Self(status: 409, sentence: "?\(verb) is for directories: their URLs end in a slash.")
    }
  }

  /// The method; GET includes HEAD.
  var method: String
  var places: [Place]
  /// The name in the query that selects it; `nil` for the method's default.
  var verb: String?
  /// Another name of the verb: S3's.
  var alias: String?
  /// Other names that its query may contain.
  var options: [String] = []
  /// The names that may occur several times, with different values.
  var repeatable: Set<String> = []
  /// Whether its verb has a value; otherwise it is a flag.
  var takesValue = false
  var takesBody = true
  /// Whether it refuses unknown parts although it changes nothing: a misspelt name would widen the scope of the
  /// request.
  var isStrict = false
  var changes: Changes = .nothing
  var summary: String
  /// A valid query, for tests.
  var example = ""
  var elsewhere = Elsewhere(status: 400, sentence: "")
  /// Parses the request into its action. Throws 400 and the like for values that make no sense.
  var action: @Sendable (Call) throws(HTTPError) -> any Action

  enum Changes: Sendable {
    case nothing
    case something
    /// An object, with the headers of the request that are stored with it.
    case objectWithHeaders
  }

  /// Whether it changes anything: such requests must come from the gateway's own pages or from no page at all, and
  /// unknown parts are refused rather than ignored.
  var isMutating: Bool { changes != .nothing }

  /// Whether its places are below `/-/`.
  var isOwn: Bool { places.contains { if case .own = $0 { true } else { false } } }

  /// Every name that its query may contain.
  var names: [String] { [verb, alias].compactMap(\.self) + options }

  /// The name for people: "POST ?move".
  var title: String { method + (verb.map { " ?\($0)" } ?? "") }

  /// The verb, if it is a flag.
  var flag: String? { takesValue ? nil : verb }

  /// Returns whether a query names its verb.
  func isNamed(in target: Target) -> Bool { [verb, alias].contains { $0.map(target.has) ?? false } }

  func isFor(_ method: String) -> Bool { self.method == method || self.method == "GET" && method == "HEAD" }
}

extension HTTPEndpoint {
  /// The options of what lists something, which `Call.listingFormat` and the page read.
  static let listingFormats = ["json", "simple", "plain"]

  /// Returns the endpoint of a path below `/-/` that can only be read.
  static func own(
    _ path: String, _ summary: String, action: @escaping @Sendable (Call) -> any Action
  ) -> HTTPEndpoint {
    HTTPEndpoint(method: "GET", places: [.own(path)], summary: summary) { action($0) }
  }
}

extension [HTTPEndpoint.Place] {
  static var directories: Self { [.root, .bucket, .directory] }
  static var everywhere: Self { [.root, .bucket, .directory, .object] }
}

extension HTTPEndpoint.Place {
  /// Determines the kind of place that a decoded URL path names.
  init(_ path: ObjectPath) {
    self = path.isRoot ? .root : path.isBucket ? .bucket : path.isDirectory ? .directory : .object
  }

  /// The description as text, as the end of a sentence.
  var words: String {
    switch self {
    case .root: "the root"
    case .bucket: "a bucket"
    case .directory: "a directory"
    case .object: "an object"
    case .own(let path): path
    }
  }

  /// Returns whether a path below `/-/` is this one.
  func isOwn(_ path: String) -> Bool {
    guard case .own(let pattern) = self else { return false }
    let (wanted, given) = (pattern.split(separator: "/"), path.split(separator: "/", omittingEmptySubsequences: false))
    var parts = given.dropFirst()
    // The last part in braces matches the whole rest; a slash after another is ignored.
    let takesRest = wanted.last?.first == "{"
    if !takesRest, parts.last == "" { parts = parts.dropLast() }
    guard takesRest ? parts.count >= wanted.count : parts.count == wanted.count else { return false }
    return zip(wanted, parts).allSatisfy { $0.first == "{" ? !$1.isEmpty : $0 == $1 }
  }
}

/// A request as an endpoint sees it: its path, and the query's values by name.
struct Call: Sendable {
  let request: Request
  let target: Target
  let path: ObjectPath

  var endsInSlash: Bool { target.path.utf8.hasSuffix("/") }

  /// Returns whether a name without a value is present. `=false` and `=0` mean that it is not set.
  func flag(_ name: String) throws(HTTPError) -> Bool {
    guard target.has(name) else { return false }
    switch target.value(name)?.lowercasedASCII {
    case nil, "", "true", "1", "yes": return true
    case "false", "0", "no": return false
    default: throw HTTPError(400, "?\(name) takes no value, true or false.")
    }
  }

  /// Returns the value of a verb.
  func value(_ name: String) -> String? { target.value(name) }

  /// Returns the value of an option; `nil` where the query does not have it.
  func option(_ name: String) throws(HTTPError) -> String? { try options(name).first }

  /// Returns the values of an option that may occur several times. Throws 400 for one without a value: a variable that
  /// is empty in a client's script must not mean the same as no option.
  func options(_ name: String) throws(HTTPError) -> [String] {
    let values = target.query.filter { $0.name == name }.map { $0.value ?? "" }
    guard !values.contains("") else {
      throw HTTPError(400, "?\(name)= has no value; leave it out if it is not meant. Nothing was done.")
    }
    return values
  }

  /// Whether its path is below `/-/`.
  var isOwn: Bool { target.path.hasPrefix("/-/") }

  /// The description of its path, as text.
  var placeWords: String { isOwn ? target.path : HTTPEndpoint.Place(path).words }

  func listingFormat() throws(HTTPError) -> ListingFormat {
    if try flag("json") { return .json }
    if try flag("simple") { return .names }
    return try Negotiation.listingFormat(accept: request.headers.joined("Accept"))
  }
}

extension Sequence where Element == UInt8 {
  func hasSuffix(_ suffix: String) -> Bool { Array(self.suffix(suffix.utf8.count)).elementsEqual(suffix.utf8) }

  private func suffix(_ count: Int) -> [UInt8] { Array(Array(self).suffix(count)) }
}
