import CWebAssets

/// A file of the page, embedded in the binary.
///
/// Sendable by right: the bytes are constants of the program.
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
      default: "text/html; charset=utf-8"
      }
  }

  private static let all = (0..<cWebAssetCount).map { Asset(cWebAsset($0)) }

  /// web/index.html, with places to be filled.
  static let template = all[0]

  /// Those that a URL names: styles, and modules that import each other by relative URLs.
  static let served = Array(all.dropFirst().dropLast())

  /// The interface, for programs: /-/openapi.json.
  static let openAPI = all[all.count - 1]

  /// Of all files together (FNV-1a, 64 bits): part of their URLs, so that they may be cached for ever.
  static let version: String = {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for asset in all {
      for byte in asset.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return String(hash, radix: 16)
  }()

  var urlPath: String { "\(URLPrefix.current)/-/assets/\(Self.version)/\(name)" }
  var isStyles: Bool { name.hasSuffix(".css") }

  /// The links of a page's head. Every module is named, so that the browser fetches all at once instead of finding
  /// them one import after another.
  static var links: HTML {
    var links = HTML()
    for asset in served {
      if asset.isStyles {
        links += "<link rel=\"stylesheet\" href=\"\(asset.urlPath)\">\n"
      } else if asset.name == "app.js" {
        links += "<script type=\"module\" src=\"\(asset.urlPath)\"></script>\n"
      } else {
        links += "<link rel=\"modulepreload\" href=\"\(asset.urlPath)\">\n"
      }
    }
    return links
  }
}
