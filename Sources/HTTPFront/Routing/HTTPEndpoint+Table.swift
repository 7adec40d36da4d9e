import Archive
import Core

extension HTTPEndpoint {
  /// All endpoints. Among those with the same method and place, the query's verb selects one.
  static let all = reading + writing + deleting + own + snapshots

  /// The endpoints without a verb, by method.
  static let plain = ["GET", "HEAD", "PUT", "POST", "DELETE"].reduce(into: [String: [HTTPEndpoint]]()) {
    found, method in
    found[method] = all.filter { $0.verb == nil && $0.isFor(method) }
  }

  private static let formats = ["json", "simple", "plain"]

  // MARK: Read

  private static let reading = [
    HTTPEndpoint(
      method: "GET", places: Place.directories, options: formats + ["recursive"], summary: "What a directory holds",
      example: "json"
    ) { call throws(HTTPError) in
      if call.path.isBucket, !call.endsInSlash { return .redirect(call.path.urlPath + call.rawQuery) }
      let format = try call.listingFormat()
      // A search without words matches everything below.
      if try call.flag("recursive"), format != .page { return .search(call.path, "", format) }
      return .list(call.path, format)
    },
    HTTPEndpoint(
      method: "GET", places: Place.directories, verb: "q", options: formats + ["recursive"],
      summary: "Objects below whose path holds the words", example: "q=x&simple"
    ) { call throws(HTTPError) in
      guard let words = call.value("q"), !words.isEmpty else { return .list(call.path, try call.listingFormat()) }
      return .search(call.path, words, try call.listingFormat())
    },
    HTTPEndpoint(method: "GET", places: [.object], summary: "An object") { .read($0.path) },
    HTTPEndpoint(
      method: "GET", places: Place.everywhere, verb: "meta", summary: "What is known of it", example: "meta"
    ) { .inspect($0.path) },
    HTTPEndpoint(
      method: "GET", places: [.object], verb: "versions", summary: "The versions of an object", example: "versions",
      elsewhere: forObjects("?versions")
    ) { .versions($0.path) },
    HTTPEndpoint(
      method: "GET", places: [.bucket, .directory], verb: "deleted", options: ["json"],
      summary: "Deleted objects below, of which the bucket keeps versions", example: "deleted",
      elsewhere: Elsewhere(
        status: 400, sentence: "?deleted is for directories of a bucket; ?versions is for an object.")
    ) { .deleted($0.path) },
    HTTPEndpoint(
      method: "GET", places: [.object], verb: "version", options: ["versionId"], summary: "One version of an object",
      example: "version=v1", elsewhere: forObjects("?version=")
    ) { call throws(HTTPError) in .readVersion(call.path, try call.versionID()) },
    HTTPEndpoint(
      method: "GET", places: [.object], verb: "presign", options: ["expires", "host"],
      summary: "A URL straight to S3", example: "presign&expires=60", elsewhere: forObjects("?presign")
    ) { call throws(HTTPError) in
      .presign(call.path, seconds: try call.validity(), host: call.value("host"))
    },
    archive("GET", .zip, summary: "All that is below, as a zip archive") { .archive($0, .zip) },
    archive("GET", .tar, summary: "All that is below, as a tar archive") { .archive($0, .tar) },
    HTTPEndpoint(
      method: "GET", places: Place.directories, verb: "watch", options: ["recursive"],
      summary: "Events of what changes", example: "watch",
      elsewhere: Elsewhere(status: 400, sentence: "?watch is for directories; ?wait=30s waits for one object.")
    ) { call throws(HTTPError) in .watch(call.path, deep: try call.flag("recursive")) },
    HTTPEndpoint(
      method: "GET", places: Place.everywhere, verb: "wait", options: formats + ["count", "gone"],
      summary: "Answers once it exists", example: "wait=1ms"
    ) { call throws(HTTPError) in .wait(call.path, try call.wait()) },
  ]

  // MARK: Write

  private static let writing = [
    HTTPEndpoint(
      method: "PUT", places: [.object], options: ["keep"], changes: .objectWithHeaders, summary: "Stores an object",
      example: "keep"
    ) { call throws(HTTPError) in .put(call.path, keepsDetails: try call.flag("keep")) },
    HTTPEndpoint(
      method: "PUT", places: [.bucket, .directory], changes: .something, summary: "Makes a bucket or a directory"
    ) { call throws(HTTPError) in
      if call.endsInSlash { return .makeDirectory(call.path) }
      let url = call.path.urlPath
      throw HTTPError(
        409, "A file needs a bucket: PUT \(url)name stores a file, PUT \(url) (with the slash) creates a bucket.")
    },
    relocation("move", summary: "Moves an object or a directory", removesSource: true),
    relocation("copy", summary: "Copies an object or a directory", removesSource: false),
    HTTPEndpoint(
      method: "POST", places: [.object], verb: "meta", options: ["replace"], changes: .something,
      summary: "Sets headers, metadata and tags", example: "meta",
      elsewhere: Elsewhere(status: 400, sentence: "POST ?meta is for objects and buckets, not for directories.")
    ) { call throws(HTTPError) in .change(call.path, replacesAll: try call.flag("replace")) },
    HTTPEndpoint(
      method: "POST", places: [.bucket], verb: "meta", changes: .something,
      summary: "Has a bucket keep versions, or no new ones", example: "meta"
    ) { .configure($0.path) },
    HTTPEndpoint(
      method: "POST", places: [.object], verb: "restore", changes: .something,
      summary: "Makes a version the newest again", example: "restore=v1", elsewhere: forObjects("?restore=")
    ) { call throws(HTTPError) in
      .restore(call.path, try call.required("restore", "?restore= names a version, as ?versions lists them."))
    },
    archive("POST", .zip, summary: "What the body names, as a zip archive") { .archiveChosen($0, .zip) },
    archive("POST", .tar, summary: "What the body names, as a tar archive") { .archiveChosen($0, .tar) },
    unpacking("unzip", summary: "Stores what a zip archive holds") { .unpack($0, .zip) },
    unpacking("untar", summary: "Stores what a tar archive holds") { .unpack($0, .tar) },
    HTTPEndpoint(
      method: "POST", places: Place.directories, verb: "mkdir", changes: .something,
      summary: "Makes a directory or a bucket in it", example: "mkdir=new",
      elsewhere: Elsewhere(status: 400, sentence: "?mkdir= is for the directory in which the new one is to be.")
    ) { .makeNamed(in: $0.path, name: $0.value("mkdir")) },
    HTTPEndpoint(
      method: "POST", places: [.bucket, .directory], changes: .something, summary: "Stores the files of a form"
    ) { call throws(HTTPError) in
      guard call.request.headers["Content-Type"]?.lowercasedASCII.hasPrefix("multipart/form-data") == true else {
        throw HTTPError(415, "POST to a directory takes files as multipart/form-data (curl -F file=@name).")
      }
      return .upload(call.path)
    },
  ]

  // MARK: Delete

  private static let deleting = [
    HTTPEndpoint(
      method: "DELETE", places: [.bucket, .directory, .object], options: ["recursive"], changes: .something,
      summary: "Deletes an object, a directory or a bucket", example: "recursive"
    ) { call throws(HTTPError) in .delete(call.path, recursive: try call.flag("recursive")) },
    HTTPEndpoint(
      method: "DELETE", places: [.object], verb: "version", options: ["versionId"], changes: .something,
      summary: "Deletes one version for good", example: "version=v1", elsewhere: forObjects("?version=")
    ) { call throws(HTTPError) in .deleteVersion(call.path, try call.versionID()) },
    HTTPEndpoint(
      method: "POST", places: [.bucket, .directory, .object], verb: "delete", options: ["recursive"],
      changes: .something, summary: "Deletes, for forms", example: "delete",
      elsewhere: Elsewhere(status: 405, sentence: "The root cannot be deleted.")
    ) { call throws(HTTPError) in
      let type = call.request.headers["Content-Type"]?.lowercasedASCII ?? ""
      let isForm = type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/form-data")
      guard isForm || !call.request.hasBody else {
        throw HTTPError(415, "?delete takes no list of keys: DELETE them one by one, or a directory with ?recursive.")
      }
      return .formDelete(call.path, recursive: try call.flag("recursive"))
    },
  ]

  // MARK: The gateway itself

  private static let own = [
    own("/-/health", "Whether the gateway and S3 are well") { _ in .health },
    own("/-/ready", "Whether requests would be served") { _ in .ready },
    own("/-/unsaved", "Files of the mount that S3 has not taken") { _ in .unsaved },
    own("/-/metrics", "Figures for Prometheus") { _ in .metrics },
    own("/-/openapi.json", "This interface as OpenAPI") { _ in .openAPI },
    own("/-/assets/{version}/{name}", "A file of the page") { call in
      let parts = call.target.path.split(separator: "/").map(String.init)
      return .asset(version: parts[2], name: parts.dropFirst(3).joined(separator: "/"))
    },
  ]

  private static func own(
    _ path: String, _ summary: String, route: @escaping @Sendable (Call) -> Route
  ) -> HTTPEndpoint {
    HTTPEndpoint(method: "GET", places: [.own(path)], summary: summary) { route($0) }
  }
}
