import Core

extension Gateway {
  /// No form of ours is longer; a body beyond it is no form.
  private static let formLimit = 64 << 10

  /// The "new folder" form, or `?mkdir=name`.
  func makeNamed(
    in directory: ObjectPath, name: String?, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    var name = name ?? ""
    if name.isEmpty { name = try await formField("name", of: body) ?? "" }
    guard !name.isEmpty else { throw Refusal(400, "The new directory has no name: ?mkdir=name.") }
    if name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
    let path = directory.child(name).asDirectory
    if directory.isRoot, name.utf8.contains(UInt8(ascii: "/")) {
      throw Refusal(400, "A bucket's name holds no slash.")
    }
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
    return FormFields(bytes)[wanted].first
  }

  /// POST of multipart/form-data to a directory: each part with a file name becomes an object.
  func upload(into directory: ObjectPath, _ request: Request, _ body: RequestBody) async throws -> Response {
    guard let boundary = MultipartHeader.boundary(ofContentType: request.headers["Content-Type"] ?? "") else {
      throw Refusal(400, "The multipart/form-data has no valid boundary.")
    }
    try await checkBucket(of: directory)
    var intake = UploadIntake(directory: directory, fileSystem: fileSystem)
    do {
      var parser = MultipartParser(boundary: boundary)
      while let bytes = try await body.next() {
        for event in try parser.feed(bytes) { try await intake.take(event) }
      }
      try parser.finish()
    } catch {
      await intake.cancel()
      throw error
    }
    guard !intake.stored.isEmpty else {
      throw Refusal(400, "The form holds no file with a name.")
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
  let fileSystem: FileSystem
  private(set) var stored: [JSON] = []
  private var current: (path: ObjectPath, writer: ObjectWriter)?

  init(directory: ObjectPath, fileSystem: FileSystem) {
    self.directory = directory
    self.fileSystem = fileSystem
  }

  mutating func take(_ event: MultipartParser.Event) async throws {
    switch event {
    case .partBegins(let header):
      // Fields without a file, and file inputs in which nothing was chosen, are passed over.
      guard let name = header.baseName else { return }
      let path = directory.child(name)
      let properties = ObjectProperties(contentType: header.contentType)
      current = (path, try fileSystem.writer(to: path, properties: properties, condition: .none))
    case .data(let bytes):
      try await current?.writer.append(bytes)
    case .partEnds:
      guard let (path, writer) = current else { return }
      current = nil
      let written = try await writer.finish()
      stored.append(
        .object([
          ("path", .string(path.description)), ("url", .string(path.urlPath)), ("etag", .string(written.etag.quoted)),
          ("created", .bool(written.created)),
        ]))
    }
  }

  /// Gives up the file under way; those before it are stored.
  mutating func cancel() async {
    await current?.writer.cancel()
    current = nil
  }
}
