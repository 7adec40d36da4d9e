import Archive
import Core

/// A parsed request.
enum Route: Sendable, Equatable {
  case list(ObjectPath, ListingFormat)
  case search(ObjectPath, String, ListingFormat)
  case read(ObjectPath)
  /// `?meta`.
  case inspect(ObjectPath)
  case change(ObjectPath, replacesAll: Bool)
  /// `POST ?meta` of a bucket.
  case configure(ObjectPath)
  case deleted(ObjectPath)
  case archive(ObjectPath, ArchiveFormat)
  /// An archive of only the names in the body.
  case archiveChosen(ObjectPath, ArchiveFormat)
  case unpack(ObjectPath, ArchiveFormat)
  case watch(ObjectPath, deep: Bool)
  case wait(ObjectPath, Wait)
  case versions(ObjectPath)
  case readVersion(ObjectPath, String)
  case restore(ObjectPath, String)
  case presign(ObjectPath, seconds: Int, host: String?)
  /// `keepsDetails`: new bytes, everything else stays.
  case put(ObjectPath, keepsDetails: Bool)
  case makeDirectory(ObjectPath)
  case delete(ObjectPath, recursive: Bool)
  case deleteVersion(ObjectPath, String)
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
  case snapshot(SnapshotRequest)
  case options(allow: String)
  case redirect(String)

  /// Returns whether the work, on one object, takes little time besides S3's (see `FileSystem.briefExecutor`).
  func isBrief(bodyLength: Int64?) -> Bool {
    switch self {
    case .put: bodyLength.map { $0 <= 64 << 10 } ?? false
    case .delete(_, let recursive): !recursive
    case .read, .makeDirectory: true
    default: false
    }
  }

  /// The directory of a request that concerns all names in it; `nil` for a request that concerns one place.
  var directory: ObjectPath? {
    switch self {
    case .list(let path, _), .search(let path, _, _), .deleted(let path), .archive(let path, _),
      .archiveChosen(let path, _), .unpack(let path, _), .watch(let path, _), .wait(let path, _), .upload(let path),
      .makeNamed(let path, _):
      path.isDirectory ? path : nil
    case .read, .inspect, .change, .configure, .versions, .readVersion, .restore, .presign, .put, .makeDirectory,
      .delete, .deleteVersion, .relocate, .formDelete, .health, .ready, .unsaved, .metrics, .openAPI, .asset, .snapshot,
      .options, .redirect:
      nil
    }
  }

  /// The subject of the conditions of a request that changes something; `nil` if it changes nothing.
  var subject: WriteConditions.Subject? {
    switch self {
    case .put(let path, _), .restore(let path, _): .object(path, mayBeAbsent: true)
    case .change(let path, _): .object(path, mayBeAbsent: false)
    case .configure(let path): .directory(path, mayBeAbsent: false)
    case .deleteVersion(let path, let id): .version(path, id)
    case .makeDirectory(let path): .directory(path, mayBeAbsent: true)
    // The source, not the destination: without &replace a destination is never replaced.
    case .delete(let path, _), .formDelete(let path, _), .relocate(let path, _, _, _):
      path.isDirectory ? .directory(path, mayBeAbsent: false) : .object(path, mayBeAbsent: false)
    case .upload, .makeNamed, .unpack: .each
    case .snapshot(let request): request.isMutating ? .snapshot : nil
    case .list, .search, .read, .inspect, .versions, .deleted, .readVersion, .presign, .watch, .wait, .archive,
      .archiveChosen:
      nil
    case .health, .ready, .unsaved, .metrics, .openAPI, .asset, .options, .redirect: nil
    }
  }
}

/// The parameters of a request with `?wait=`, besides the place.
struct Wait: Sendable, Equatable {
  var limit: Duration
  /// The minimum number of objects that match a pattern or are below a directory.
  var count: Int?
  /// Whether to wait until there is none.
  var isGone = false
  var format = ListingFormat.page
}
