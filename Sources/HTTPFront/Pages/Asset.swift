import Archive
import CWebAssets
import Synchronization

/// A file of the page, embedded in the binary.
///
/// `@unchecked Sendable`: the bytes are constants of the program.
struct Asset: @unchecked Sendable {
  let name: String
  let type: String
  let bytes: UnsafeRawBufferPointer

  private init(_ embedded: CWebAsset) {
    name = String(cString: embedded.name)
    bytes = UnsafeRawBufferPointer(start: embedded.bytes, count: embedded.count)
    type =
      switch name.split(separator: ".").last {
      case "css": "text/css; charset=utf-8"
      case "js": "text/javascript; charset=utf-8"
      case "json": "application/json"
      case "svg": "image/svg+xml"
      default: "text/html; charset=utf-8"
      }
  }

  private static let all = (0..<cWebAssetCount).map { Asset(cWebAsset($0)) }

  /// web/index.html, with placeholders.
  static let template = all[0]

  /// The files that have URLs: styles, modules that import each other by relative URLs, and the libraries that they load.
  static let served = Array(all.dropFirst().dropLast())

  /// The OpenAPI document: /-/openapi.json.
  static let openAPI = all[all.count - 1]

  /// A hash of all files (FNV-1a, 64 bits). It is part of their URLs, so that they may be cached forever.
  static let version: String = {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for asset in all {
      for byte in asset.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return String(hash, radix: 16)
  }()

  private static let compressedFiles = Mutex<[String: [UInt8]]>([:])

  /// The file as gzip, compressed once; `nil` if that is no shorter, or memory is short.
  var compressed: [UInt8]? {
    if let known = Self.compressedFiles.withLock({ $0[name] }) { return known }
    guard let small = Gzip.compress(Array(bytes)), small.count < bytes.count else { return nil }
    Self.compressedFiles.withLock { $0[name] = small }
    return small
  }

  var urlPath: String { "\(URLPrefix.current)/-/assets/\(Self.version)/\(name)" }
  var isStyles: Bool { name.hasSuffix(".css") }
  var isScript: Bool { name.hasSuffix(".js") }
  /// Whether it is a library, loaded when first needed, not with the page.
  var isLibrary: Bool { name.hasPrefix("vendor/") }
  /// Whether it runs in a worker, or before anything is painted: not a module of the page.
  private var isClassic: Bool { name == "theme.js" || name == "views/worker.js" }

  /// The links of a page's head. Names every module, so that the browser fetches all at once instead of discovering them
  /// one import after another.
  static var links: HTML {
    var links = HTML()
    for asset in served {
      if asset.isStyles {
        links += "<link rel=\"stylesheet\" href=\"\(asset.urlPath)\">\n"
      } else if asset.name == "icon.svg" {
        links += "<link rel=\"icon\" type=\"image/svg+xml\" href=\"\(asset.urlPath)\">\n"
      } else if asset.name == "theme.js" {
        links += "<script src=\"\(asset.urlPath)\"></script>\n"
      } else if asset.isLibrary || asset.isClassic {
        continue
      } else if asset.name == "app.js" {
        links += "<script type=\"module\" src=\"\(asset.urlPath)\"></script>\n"
      } else {
        links += "<link rel=\"modulepreload\" href=\"\(asset.urlPath)\">\n"
      }
    }
    return links
  }
}
