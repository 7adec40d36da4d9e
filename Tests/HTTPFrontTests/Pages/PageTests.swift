import Core
import Testing

@testable import HTTPFront

struct PageTests {
  private static let hostile = "<img src=x onerror=alert(1)>\"'&\n\u{1}\u{202E}"

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `interpolated text cannot become markup`() {
    let html: HTML = "<p title=\"\(Self.hostile)\">\(Self.hostile)</p>"
    let text = Self.text(html.bytes)
    #expect(!text.contains("<img") && !text.contains("\u{1}"))
    #expect(text.filter { $0 == "\"" }.count == 2)
    #expect(text.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\n"))
  }

  @Test func `a listing of hostile names contains no foreign markup`() {
    let directory = ObjectPath(bucket: "b", key: ObjectKey("\(Self.hostile)/"))
    let object = directory.child(Self.hostile)
    let page = ListingPage(
      directory: directory, entries: [ListedEntry(kind: .object, name: Self.hostile, path: object, size: 1536)],
      search: Self.hostile)
    let text = Self.text(Page.html(title: Self.hostile, body: page.body(for: .plain)))
    #expect(!text.contains("<img"))
    #expect(text.contains("href=\"\(object.urlPath)\"") && text.contains("1.5 KiB"))
  }

  @Test func `every placeholder of the template is filled`() {
    let text = Self.text(Page.html(title: "T", body: "<b>B</b>"))
    #expect(!text.contains("{{") && text.contains("<title>T</title>") && text.contains("<b>B</b>"))
    for name in ["icon.svg", "theme.js", "styles/base.css", "vendor/codemirror.css", "app.js", "list/table.js"] {
      let asset = Asset.served.first { $0.name == name }
      #expect(asset.map { text.contains($0.urlPath) } == true, "\(name)")
    }
  }

  @Test func `every imported module is embedded`() {
    for asset in Asset.served where asset.isScript && !asset.isLibrary {
      let source = String(decoding: asset.bytes, as: UTF8.self)
      let folder = asset.name.split(separator: "/").dropLast()
      for line in source.split(separator: "\n") where line.hasPrefix("import ") || line.hasPrefix("} from ") {
        let steps = line.split(separator: "\"").dropFirst().first?.split(separator: "/") ?? []
        var place = folder
        for step in steps where step != "." {
          if step == ".." { place = place.dropLast() } else { place.append(step) }
        }
        #expect(Asset.served.contains { $0.name == place.joined(separator: "/") }, "\(asset.name): \(line)")
      }
    }
  }

  @Test func `the listing inside a page cannot close its element`() {
    let name = "</script><!--<script>\u{2028}"
    let entry = ListedEntry(kind: .object, name: name, path: ObjectPath(bucket: "b", key: ObjectKey(name)), size: 1)
    let page = ListingPage(directory: ObjectPath(bucket: "b"), entries: [entry], search: name, isCut: true)
    let text = Self.text(ListingData(page).markup.bytes)
    #expect(!text.contains("<") && text.contains(#"\u003c/script>\u003c!--"#))
    #expect(text.contains(#""path":"/b/""#) && text.contains(#""truncated":true"#))
  }

  @Test func `the frame of a page contains the place, escaped`() {
    let directory = ObjectPath(bucket: "b", key: ObjectKey("\(Self.hostile)/"))
    let text = Self.text(ListingPage.shell(of: directory).bytes)
    #expect(!text.contains("<img") && text.contains("href=\"\(directory.urlPath)\" aria-current=\"page\""))
  }

  @Test func `the page for non-browser clients has its links outside of noscript, and no data for scripts`() {
    let entry = ListedEntry(kind: .object, name: "a", path: ObjectPath(bucket: "b", key: "a"), size: 1)
    let page = ListingPage(directory: ObjectPath(bucket: "b"), entries: [entry])
    let reader = { (accept: String, target: String) in
      ListingPage.Reader(Request(method: "GET", target: target, headers: ["Accept": accept]))
    }
    let text = Self.text(page.body(for: reader("*/*", "/b/")).bytes)
    #expect(text.contains("href=\"/b/a\"") && !text.contains("noscript") && !text.contains("<script"))
    let browsers = Self.text(page.body(for: reader("text/html,*/*;q=0.8", "/b/")).bytes)
    #expect(browsers.contains("id=\"listing\"") && !browsers.contains("href=\"/b/a\""))
    let plain = Self.text(page.body(for: reader("text/html,*/*;q=0.8", "/b/?plain")).bytes)
    #expect(plain.contains("href=\"/b/a\"") && plain.contains("<details>") && !plain.contains("<script"))
  }

  @Test func `links above a page stay below the path prefix`() {
    URLPrefix.$current.withValue("/s3") {
      let text = Self.text(HTML.crumbs(to: ObjectPath(bucket: "b", key: "d/x")).bytes)
      #expect(text.contains("href=\"/s3/\"") && text.contains("href=\"/s3/b/d/\""))
      #expect(!text.contains("href=\"/\"") && !text.contains("href=\"/b/"))
    }
  }

  @Test func `the page of a refusal links to its place`() {
    let page = HTTPError(404, "Nothing.").response(accept: "text/html", at: ObjectPath(bucket: "b", key: "d/x"))
    guard case .bytes(let bytes) = page.body else {
      Issue.record("the page's body is not bytes")
      return
    }
    #expect(Self.text(bytes).contains("class=\"button\" href=\"/b/d/\""))
  }

  @Test func `a read-only page offers no changes`() {
    let entry = ListedEntry(kind: .bucket, name: "b", path: ObjectPath(bucket: "b"))
    let text = Self.text(ListingPage(directory: .root, entries: [entry], isReadOnly: true).body(for: .plain).bytes)
    #expect(!text.contains("method=\"post\""))
  }

  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"), (5 << 40, "5.0 TiB"),
    ] as [(Int64, String)])
  func `sizes are abbreviated`(bytes: Int64, text: String) {
    #expect(ByteCount.text(bytes) == text)
  }

  @Test func `JSON strings are escaped`() {
    let value = JSON.object([("a\"b\\", .array([.string("日\n\t\u{1}\u{7F}/"), 1, true, .null]))])
    #expect(Self.text(value.encoded) == #"{"a\"b\\":["日\n\t\u0001\u007F/",1,true,null]}"#)
  }
}
