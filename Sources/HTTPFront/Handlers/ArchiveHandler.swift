import Archive
import Basics
import Core

/// Sends directories, or chosen objects of one, as an archive.
struct ArchiveHandler: Sendable {
  /// Limits the names that one request may choose.
  private static let nameLimit = 10_000
  private static let namesBodyLimit = 4 << 20

  let fileSystem: FileSystem

  /// `?zip`, `?tar`: sends a directory with everything below it, packed while the client reads.
  func archive(_ directory: ObjectPath, _ format: ArchiveFormat) async throws -> Response {
    _ = try await fileSystem.byKey.locate(directory, freshness: .now)
    return archive([directory], of: directory, format)
  }

  /// `POST ?zip`: sends only the names that the body lists.
  func archiveChosen(_ directory: ObjectPath, _ format: ArchiveFormat, _ body: RequestBody) async throws -> Response {
    let names = try ChosenNames(body: try await body.collect(atMost: Self.namesBodyLimit)).names
    guard !names.isEmpty, names.count <= Self.nameLimit else {
      throw HTTPError(400, "Choose 1 to \(Self.nameLimit) names, as in [\"a.txt\", \"folder/\"].")
    }
    var chosen: [ObjectPath] = []
    for name in names {
      let path = directory.child(name)
      switch try await fileSystem.byKey.locate(path, freshness: .withinTTL) {
      case .object, .root: chosen.append(path)
      case .directory, .bucket: chosen.append(path.asDirectory)
      }
    }
    return archive(chosen, of: directory, format)
  }

  private func archive(_ chosen: [ObjectPath], of directory: ObjectPath, _ format: ArchiveFormat) -> Response {
    let stream = ResponseStream { [fileSystem] stream in
      try await Packing(fileSystem: fileSystem, format: format, top: directory, stream: stream).pack(chosen)
    }
    let name = directory.isRoot ? "buckets" : directory.name
    let headers: Headers = [
      "Content-Type": format.contentType, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
      "Content-Disposition": Self.attachment("\(name).\(format.rawValue)"),
    ]
    return Response(200, headers: headers, body: .stream(stream))
  }

  /// Returns a Content-Disposition for every browser (RFC 6266): ASCII for old ones, the whole name for the others.
  static func attachment(_ name: String) -> String {
    let ascii = String(
      decoding: name.utf8.map { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C ? $0 : UInt8(ascii: "_") },
      as: UTF8.self)
    return "attachment; filename=\"\(ascii)\"; filename*=UTF-8''\(PercentCoding.encode(name))"
  }
}

/// The names in the body of `POST ?zip`: a JSON array, an object with `names`, or a form with `name` fields.
struct ChosenNames: Equatable {
  var names: [String]

  init(body: [UInt8]) throws(HTTPError) {
    // A JSON decoder may repair invalid UTF-8: to another name than was meant.
    guard String(validating: body, as: UTF8.self) != nil else { throw HTTPError(400, "The names are not UTF-8.") }
    switch body.first(where: { !" \t\r\n".utf8.contains($0) }) {
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      let value = try JSONBody.parse(body, orElse: Self.otherwise)
      let given = value.array ?? value["names"]?.array
      guard let given, let names = Self.strings(given) else { throw HTTPError(400, Self.otherwise) }
      self.names = names
    default: names = try FormFields(body)["name"]
    }
    if names.contains("") { throw HTTPError(400, "One of the names is empty.") }
  }

  private static let otherwise = "The body is not a list of names in JSON, as in [\"a.txt\", \"folder/\"]."

  /// Returns the values as strings; `nil` if one is something else.
  private static func strings(_ values: [JSONValue]) -> [String]? {
    let strings = values.compactMap(\.string)
    return strings.count == values.count ? strings : nil
  }
}

// MARK: Verbs

/// `GET ?zip` and `?tar`.
struct Pack: Action {
  let path: ObjectPath
  let format: ArchiveFormat

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await ArchiveHandler(fileSystem: context.fileSystem).archive(path, format)
  }
}

/// `POST ?zip` and `?tar`: packs only the names in the body.
struct PackChosen: Action {
  let path: ObjectPath
  let format: ArchiveFormat

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await ArchiveHandler(fileSystem: context.fileSystem).archiveChosen(path, format, context.body)
  }
}

extension ArchiveHandler {
  static let endpoints = [
    archive("GET", .zip, summary: "All that is below, as a zip archive") { Pack(path: $0, format: .zip) },
    archive("GET", .tar, summary: "All that is below, as a tar archive") { Pack(path: $0, format: .tar) },
    archive("POST", .zip, summary: "What the body names, as a zip archive") { PackChosen(path: $0, format: .zip) },
    archive("POST", .tar, summary: "What the body names, as a tar archive") { PackChosen(path: $0, format: .tar) },
  ]

  private static func archive(
    _ method: String, _ format: ArchiveFormat, summary: String,
    action: @escaping @Sendable (ObjectPath) -> any Action
  ) -> HTTPEndpoint {
    HTTPEndpoint(
      method: method, places: .directories, verb: format.rawValue, summary: summary, example: format.rawValue,
      elsewhere: .directoriesOnly(format.rawValue)
    ) { action($0.path) }
  }
}
