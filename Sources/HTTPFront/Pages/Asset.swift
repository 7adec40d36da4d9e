import CWebAssets

/// A file of the page, embedded in the binary.
///
/// Sendable by right: the bytes are constants of the program.
struct Asset: @unchecked Sendable {
  let name: String
  let type: String
  let bytes: UnsafeRawBufferPointer

  private init(_ name: String, type: String, _ embedded: CWebAsset) {
    self.name = name
    self.type = type
    bytes = UnsafeRawBufferPointer(start: embedded.bytes, count: embedded.count)
  }

  static let template = Asset("index.html", type: "text/html; charset=utf-8", cWebAssetIndexHTML)
  static let styles = Asset("app.css", type: "text/css; charset=utf-8", cWebAssetAppCSS)
  static let script = Asset("app.js", type: "text/javascript; charset=utf-8", cWebAssetAppJS)

  /// Those that a URL names.
  static let served = [styles, script]

  /// Of all files together (FNV-1a, 64 bits): part of their URLs, so that they may be cached for ever.
  static let version: String = {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for asset in [template] + served {
      for byte in asset.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return String(hash, radix: 16)
  }()

  var urlPath: String { "/-/assets/\(Self.version)/\(name)" }
}
