import Core

extension Gateway {
  /// No form of ours is longer; a body beyond it is no form.
  private static let formLimit = 64 << 10

  /// The "new folder" form, or `?mkdir=name`.
  func makeNamed(
    in directory: ObjectPath, name: String?, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    var name = name ?? ""
    if name.isEmpty { name = try await formField("name", of: body) ?? "" }
    guard !name.isEmpty else { throw HTTPError(400, "The new directory has no name: ?mkdir=name.") }
    if name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
    let path = directory.child(name).asDirectory
    if directory.isRoot, name.utf8.contains(UInt8(ascii: "/")) {
      throw HTTPError(400, "A bucket's name holds no slash.")
    }
    try await requireAbsent(path, if: condition)
    let isNew = try await create(path)
    if Negotiation.errorFormat(accept: request.headers.joined("Accept")) == .page {
      return Response(303, headers: ["Location": directory.urlPath])
    }
    guard isNew else { return Response(204, headers: ["Location": path.urlPath]) }
    // A body as uploads to the same URL have one.
    let place = ListedEntry(kind: path.isBucket ? .bucket : .directory, name: path.name, path: path)
    return .json(201, place.json, headers: ["Location": path.urlPath])
  }

  /// A field of an application/x-www-form-urlencoded body.
  private func formField(_ wanted: String, of body: RequestBody) async throws -> String? {
    let bytes = try await body.collect(atMost: Self.formLimit)
    return try FormFields(bytes)[wanted].first
  }

  /// POST of multipart/form-data to a directory: each part with a file name becomes an object.
  func upload(
    into directory: ObjectPath, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    guard let boundary = MultipartHeader.boundary(ofContentType: request.headers["Content-Type"] ?? "") else {
      throw HTTPError(400, "The multipart/form-data has no valid boundary.")
    }
    try await checkBucket(of: directory)
    var intake = UploadIntake(directory: directory, gateway: self, condition: condition)
    do {
      var parser = MultipartParser(boundary: boundary)
      while let bytes = try await body.next() {
        parser.feed(bytes)
        while let event = try parser.next() { try await intake.take(event) }
      }
      try parser.finish()
    } catch {
      await intake.cancel()
      throw intake.failed(error)
    }
    guard !intake.stored.isEmpty else {
      throw HTTPError(400, "The form holds no file with a name.")
    }
    if Negotiation.best(of: ["text/html", "application/json"], accept: request.headers.joined("Accept")) == 0,
      request.headers["Accept"].map({ $0.trimmed != "*/*" }) ?? false
    {
      return Response(303, headers: ["Location": directory.urlPath])
    }
    return .json(201, .object([("stored", .array(intake.stored))]))
  }
}

/// Stores the files of a form one after another.
struct UploadIntake {
  let directory: ObjectPath
  private let gateway: Gateway
  private let condition: WriteCondition
  private(set) var stored: [JSON] = []
  private var paths: [ObjectPath] = []
  /// Of all files so far, compared byte by byte.
  private var named: Set<ObjectPath> = []
  private var current: (path: ObjectPath, writer: ObjectWriter)?

  init(directory: ObjectPath, gateway: Gateway, condition: WriteCondition) {
    self.directory = directory
    self.gateway = gateway
    self.condition = condition
  }

  mutating func take(_ event: MultipartParser.Event) async throws {
    switch event {
    case .partBegins(let header):
      // Fields without a file, and file inputs in which nothing was chosen, are passed over.
      guard let fileName = header.fileName, !fileName.isEmpty else { return }
      guard let name = header.baseName else { throw HTTPError(400, "\"\(fileName)\" is no name of a file.") }
      let path = directory.child(name)
      guard named.insert(path).inserted else {
        throw HTTPError(409, "The form holds two files named \(name): send one of them under another name.")
      }
      let isReplacing = try await gateway.checkPlace(of: path)
      try await gateway.requireAbsent(path, if: condition)
      let properties = ObjectProperties(contentType: header.contentType)
      let writer = try gateway.fileSystem.writer(
        to: path, properties: properties, condition: condition, replacing: isReplacing)
      current = (path, writer)
    case .data(let bytes):
      try await current?.writer.append(bytes)
    case .partEnds:
      guard let (path, writer) = current else { return }
      current = nil
      let written = try await writer.finish()
      paths.append(path)
      stored.append(
        .object([
          ("path", .string(path.description)), ("url", .string(path.urlPath)), ("etag", .string(written.etag.quoted)),
          ("created", .bool(written.created)),
        ]))
    }
  }

  /// A failure, with what was stored before it: the client is to know which files to send again.
  func failed(_ error: any Error) -> any Error {
    let refusal = (error as? HTTPError) ?? (error as? FileSystemError).map { HTTPError($0) }
    guard var refusal else { return error }
    let names = paths.map(\.description).joined(separator: ", ")
    refusal.message += paths.isEmpty ? " Nothing was stored." : " Stored before that: \(names)."
    refusal.details.append(("stored", .array(stored)))
    return refusal
  }

  /// Cancels the file under way; those before it are stored.
  mutating func cancel() async {
    await current?.writer.cancel()
    current = nil
  }
}
