import Core

/// Handles the page's forms: file uploads and "new folder".
struct UploadHandler: Sendable {
  /// Limits a form without files; the page's own forms are shorter.
  private static let formLimit = 64 << 10

  let fileSystem: FileSystem

  private var places: PlaceChecks { PlaceChecks(fileSystem: fileSystem) }

  /// `POST ?mkdir=name`, or the "new folder" form: creates a directory or a bucket.
  func makeNamed(
    in directory: ObjectPath, name: String?, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    var name = name ?? ""
    if name.isEmpty { name = try await formField("name", of: body) ?? "" }
    if name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
    guard !name.isEmpty else { throw HTTPError(400, "The new directory has no name: ?mkdir=name.") }
    let path = directory.child(name).asDirectory
    if directory.isRoot, name.utf8.contains(UInt8(ascii: "/")) {
      throw HTTPError(400, "A bucket's name cannot contain a slash.")
    }
    try await places.requireAbsent(path, if: condition)
    let isNew = try await places.create(path)
    if Negotiation.errorFormat(accept: request.headers.joined("Accept")) == .page {
      return Response(303, headers: ["Location": directory.urlPath])
    }
    guard isNew else { return Response(204, headers: ["Location": path.urlPath]) }
    // The same body as that of uploads to this URL.
    let place = ListedEntry(kind: path.isBucket ? .bucket : .directory, name: path.name, path: path)
    return .json(201, place.json, headers: ["Location": path.urlPath])
  }

  /// Returns a field of an application/x-www-form-urlencoded body.
  private func formField(_ wanted: String, of body: RequestBody) async throws -> String? {
    let bytes = try await body.collect(atMost: Self.formLimit)
    return try FormFields(bytes)[wanted].first
  }

  /// Answers a POST of multipart/form-data to a directory: stores each part that has a file name as an object.
  func upload(
    into directory: ObjectPath, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    guard let boundary = MultipartHeader.boundary(ofContentType: request.headers["Content-Type"] ?? "") else {
      throw HTTPError(400, "The multipart/form-data has no valid boundary.")
    }
    try await places.requireBucket(of: directory)
    var intake = UploadIntake(directory: directory, fileSystem: fileSystem, condition: condition)
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
      throw HTTPError(400, "The form contains no file with a name.")
    }
    if Negotiation.best(of: ["text/html", "application/json"], accept: request.headers.joined("Accept")) == 0,
      request.headers["Accept"].map({ $0.trimmed != "*/*" }) ?? false
    {
      return Response(303, headers: ["Location": directory.urlPath])
    }
    return .json(201, .object([("stored", .array(intake.stored))]))
  }
}

/// Stores the files of a form one by one.
struct UploadIntake {
  let directory: ObjectPath
  private let fileSystem: FileSystem
  private let condition: WriteCondition
  private(set) var stored: [JSON] = []
  private var paths: [ObjectPath] = []
  /// The paths of all files so far, compared byte by byte.
  private var named: Set<ObjectPath> = []
  private var current: (path: ObjectPath, writer: ObjectWriter)?

  init(directory: ObjectPath, fileSystem: FileSystem, condition: WriteCondition) {
    self.directory = directory
    self.fileSystem = fileSystem
    self.condition = condition
  }

  private var places: PlaceChecks { PlaceChecks(fileSystem: fileSystem) }

  mutating func take(_ event: MultipartParser.Event) async throws {
    switch event {
    case .partBegins(let header):
      // Skip fields without a file, and file inputs in which nothing was chosen.
      guard let fileName = header.fileName, !fileName.isEmpty else { return }
      guard let name = header.baseName else { throw HTTPError(400, "\"\(fileName)\" is not a valid file name.") }
      let path = directory.child(name)
      guard named.insert(path).inserted else {
        throw HTTPError(409, "The form contains two files named \(name): send one of them under another name.")
      }
      let isReplacing = try await places.checkUpload(to: path)
      try await places.requireAbsent(path, if: condition)
      let properties = ObjectProperties(contentType: header.contentType)
      let writer = try fileSystem.edits.writer(
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

  /// Adds what was stored before a failure, so that the client knows which files to send again.
  func failed(_ error: any Error) -> any Error {
    let refusal = (error as? HTTPError) ?? (error as? FileSystemError).map { HTTPError($0) }
    guard var refusal else { return error }
    let names = paths.map(\.description).joined(separator: ", ")
    refusal.message += paths.isEmpty ? " Nothing was stored." : " Stored before that: \(names)."
    refusal.details.append(("stored", .array(stored)))
    return refusal
  }

  /// Cancels the current file; those before it stay stored.
  mutating func cancel() async {
    await current?.writer.cancel()
    current = nil
  }
}

// MARK: Verbs

/// `POST` of multipart/form-data: stores its files.
struct Upload: Action {
  let path: ObjectPath

  var directory: ObjectPath? { path }
  var subject: WriteConditions.Subject? { .each }

  func answer(in context: ActionContext) async throws -> Response {
    try await UploadHandler(fileSystem: context.fileSystem)
      .upload(into: path, on: context.condition, context.request, context.body)
  }
}

/// `POST ?mkdir`: makes a directory or a bucket in another one. The name is in the query or in the body.
struct MakeNamed: Action {
  let path: ObjectPath
  let name: String?

  var directory: ObjectPath? { path }
  var subject: WriteConditions.Subject? { .each }

  func answer(in context: ActionContext) async throws -> Response {
    try await UploadHandler(fileSystem: context.fileSystem)
      .makeNamed(in: path, name: name, on: context.condition, context.request, context.body)
  }
}

extension UploadHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "POST", places: .directories, verb: "mkdir", takesValue: true, changes: .something,
      summary: "Makes a directory or a bucket in it", example: "mkdir=new",
      elsewhere: HTTPEndpoint.Elsewhere(
        status: 400, sentence: "?mkdir= is for the directory in which the new one is to be.")
    ) { MakeNamed(path: $0.path, name: $0.value("mkdir")) },
    HTTPEndpoint(
      method: "POST", places: [.bucket, .directory], changes: .something, summary: "Stores the files of a form"
    ) { call throws(HTTPError) in
      guard call.request.headers["Content-Type"]?.lowercasedASCII.hasPrefix("multipart/form-data") == true else {
        throw HTTPError(415, "POST to a directory takes files as multipart/form-data (curl -F file=@name).")
      }
      return Upload(path: call.path)
    },
  ]
}
