import Archive
import Core

/// What a request asks for.
enum Route: Sendable, Equatable {
  case list(ObjectPath, ListingFormat)
  case search(ObjectPath, String, ListingFormat)
  case read(ObjectPath)
  /// `?meta`.
  case inspect(ObjectPath)
  case change(ObjectPath)
  case archive(ObjectPath, ArchiveFormat)
  /// Only the names in the body.
  case archiveChosen(ObjectPath, ArchiveFormat)
  case unpack(ObjectPath, ArchiveFormat)
  case watch(ObjectPath, deep: Bool)
  case wait(ObjectPath, atMost: Duration)
  case versions(ObjectPath)
  case readVersion(ObjectPath, String)
  case restore(ObjectPath, String)
  case presign(ObjectPath, seconds: Int, host: String?)
  case put(ObjectPath)
  case makeDirectory(ObjectPath)
  case delete(ObjectPath, recursive: Bool)
  case relocate(ObjectPath, to: ObjectPath, removesSource: Bool, replaces: Bool)
  /// Files of a multipart/form-data body, into a directory.
  case upload(ObjectPath)
  /// A form's "new folder": the name is in the query or in the body.
  case makeNamed(in: ObjectPath, name: String?)
  /// A form's delete button.
  case formDelete(ObjectPath, recursive: Bool)
  case health
  case ready
  case unsaved
  case metrics
  case openAPI
  case asset(version: String, name: String)
  case options(allow: String)
  case redirect(String)

  /// Whether its work, on one object, takes little time but that of S3 (see `FileSystem.briefExecutor`).
  func isBrief(bodyLength: Int64?) -> Bool {
    switch self {
    case .put: bodyLength.map { $0 <= 64 << 10 } ?? false
    case .delete(_, let recursive): !recursive
    case .read, .makeDirectory: true
    default: false
    }
  }

  /// Whether it changes anything: such requests must come from our own pages or from no page at all.
  var isMutating: Bool {
    switch self {
    case .put, .makeDirectory, .delete, .relocate, .upload, .makeNamed, .formDelete, .change, .restore, .unpack: true
    case .list, .search, .read, .inspect, .versions, .readVersion, .presign, .watch, .wait, .archive, .archiveChosen:
      false
    case .health, .ready, .unsaved, .metrics, .openAPI, .asset, .options, .redirect: false
    }
  }
}

/// How a listing is written.
enum ListingFormat: Sendable, Equatable { case page, json, lines, names }
