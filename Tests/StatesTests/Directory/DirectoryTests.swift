import Glibc
import Keys
import S3
import TestSupport
import Testing

@testable import States

@Suite("Directories as states")
struct DirectoryTests {
  @Test(
    "A file's name is that of an object or of a sidecar",
    arguments: [
      ("a", FixtureNames.Kind.object("a")), ("a@s3", .sidecar("a")), ("a‛@s3", .object("a@s3")),
      ("a‛‛@s3", .sidecar("a‛‛")), ("a‛‛‛@s3", .object("a‛‛@s3")), ("a@s3@s3", .sidecar("a@s3")), ("s3", .object("s3")),
      ("‛@s3", .object("@s3")), ("a‛@s3@s3", .sidecar("a‛@s3")),
    ])
  func names(file: String, kind: FixtureNames.Kind) {
    #expect(FixtureNames.parse(file) == kind)
    if case .object(let name) = kind { #expect(FixtureNames.file(forName: name) == file) }
  }

  @Test("A key has one path; another spelling is refused")
  func onePath() throws {
    let long = String(repeating: "h", count: 251) + "@s3"
    #expect(FixtureNames.path(forKey: "foo@s3/@s3", isShadowed: false) == ["foo‛@s3", "‛@s3"])
    let path = FixtureNames.path(forKey: ObjectKey(long), isShadowed: false)
    #expect(path.count == 2 && path[0].hasSuffix("‛…") && path.allSatisfy { $0.utf8.count <= 255 })
    #expect(try FixtureNames.key(forPath: path) == ObjectKey(long))
    #expect(try FixtureNames.key(forPath: ["a‛@s3", "b"]) == "a@s3/b")
    for wrong in [["a@s3", "b"], [path[0], "h@s3"], ["a‛…", "‛@s3"], [String(repeating: "h", count: 252) + "‛@s3"]] {
      #expect(throws: (any Error).self) { try FixtureNames.key(forPath: wrong) }
    }
  }

  private func refusal(_ write: (StateWorld) throws -> Void) throws -> String {
    let world = StateWorld()
    try write(world)
    do {
      let session = try world.session()
      _ = try world.state("fx", session)
    } catch let failure as StateFailure {
      #expect(failure.code == .trouble)
      return failure.message.replacing(world.directory + "/", with: "")
    }
    Issue.record("the name was accepted")
    return ""
  }

  @Test("An invalid state is refused in one line with the place of the error")
  func refused() throws {
    #expect(try refusal { _ in }.hasPrefix("there is no directory fx"))
    #expect(try refusal { try $0.write("fx", "") } == "fx is not a directory")
    #expect(try refusal { try $0.write("fx/.git/x", "") }.contains("holds no bucket"))
    #expect(try refusal { try $0.write("fx/orders", "") }.contains("fx/orders is a file where a bucket's folder"))
    #expect(try refusal { try $0.write("fx/Orders/x", "") }.contains("\"Orders\" cannot be a bucket's name"))
    #expect(
      try refusal {
        try $0.write("fx/orders/x", "")
        try $0.write("fx/orders/x@s3", "{\n  \"tags\": }")
      } == "fx/orders/x@s3:2:11: not JSON: a value is expected here")
    #expect(try refusal { try $0.write("fx/orders/x@s3", "{}") }.contains("has no object"))
    #expect(
      try refusal {
        try $0.write("fx/orders/x", "")
        try $0.write("fx/orders/x@s3", #"{"headers": {"x-foo": "1"}}"#)
      }.contains("S3 stores no header \"x-foo\""))
    #expect(
      try refusal {
        try $0.write("fx/orders/x", "")
        try $0.write("fx/@s3expect", #"{"rules": [{"match": "*", "compare": "jsn"}]}"#)
      }.contains("there is no comparison \"jsn\""))
    #expect(try refusal { try $0.write("fx/orders/a‛x", "") }.contains("names no key"))
  }

  @Test("README and hidden files at the top are ignored; a bucket may be empty")
  func top() throws {
    let world = StateWorld()
    try world.write("fx/README.md", "")
    try world.write("fx/.gitignore", "")
    try world.write("fx/empty/@s3", "{}")
    let state = try world.state("fx", try world.session())
    #expect(state.buckets.keys.sorted() == ["empty"])
    #expect(state.buckets["empty"]?.items.isEmpty == true)
  }

  @Test("A file's type is that of its own name, whatever its neighbours are named")
  func types() throws {
    let world = StateWorld()
    let names = [
      "a.json", "b.json", "c.JSON", "d.csv", ".json", "e.json/f", "e.json/.json", "e.json/g.json", "h", "Makefile",
      "i.j.txt",
      "k.", "l.unknown",
    ]
    for name in names { try world.write("fx/orders/\(name)", "") }
    let items = try world.state("fx", try world.session()).buckets["orders"]?.items ?? []
    #expect(items.count == names.count)
    for item in items {
      let name = String(item.key.string.split(separator: "/").last ?? "")
      #expect(item.stated?.properties.headers == ["content-type": MediaType.ofFile(named: name)], "\(item.key)")
    }
  }

  @Test("Names are in the order of their bytes; a broken link has a name and leads nowhere")
  func names() throws {
    let world = StateWorld()
    for name in ["é", "z", "a/x", "Z", "a.b", "e\u{301}"] { try world.write("in/\(name)", "12") }
    symlink("nowhere", "\(world.directory)/in/link")
    let expected = ["Z", "a", "a.b", "e\u{301}", "link", "z", "é"]
    let found = try #require(FileAccess.names(in: "\(world.directory)/in"))
    #expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    let entries = try #require(FileAccess.entries(in: "\(world.directory)/in"))
    #expect(entries.map(\.name) == found)
    #expect(entries.map { $0.found?.type } == [S_IFREG, S_IFDIR, S_IFREG, S_IFREG, nil, S_IFREG, S_IFREG])
    #expect(entries[0].found?.version.size == 2)
    #expect(FileAccess.names(in: "\(world.directory)/missing") == nil)
  }

  @Test("What is outside of the scope is not read, and reading ends when it is interrupted")
  func scope() async throws {
    let world = StateWorld()
    try world.write("fx/orders/a", "a")
    // This bucket cannot be read.
    try world.write("fx/others/x@s3", "{}")
    let unread = try DirectoryReader.open(world.directory + "/fx", hashes: LocalHashes(nil))
    #expect(throws: StateFailure.self) { try unread.read() }
    let orders = unread.renamed { $0 + "-1" }.only(Scope(["orders-1"]))
    #expect(try orders.read().buckets.keys.sorted() == ["orders-1"])
    let interrupted = Task { () async -> StateFailure? in
      withUnsafeCurrentTask { $0?.cancel() }
      do throws(StateFailure) {
        _ = try orders.read()
        return nil
      } catch { return error }
    }
    #expect(await interrupted.value == .interrupted)
  }

  /// Keys that POSIX cannot spell, that shadow each other, or that look like sidecars.
  private static let keys: [ObjectKey] = [
    "a", "a!", "a/", "a/b", "x@s3", "@s3", "a//b", "/", "..", "./x", "‛", "x‛@s3", "line\nbreak", "é", "e\u{301}",
    ObjectKey(String(repeating: "n", count: 300)), ObjectKey(String(repeating: "m", count: 254)), "dir@s3/x",
    "dir", "@s3/x", ObjectKey(String(repeating: "p", count: 250) + "@s3"),
    ObjectKey(String(repeating: "q", count: 252) + "@s3"), ObjectKey(String(repeating: "r", count: 252) + "@s3/x"),
    ObjectKey(String(repeating: "s", count: 600) + "@s3"), ObjectKey(String(repeating: "‛", count: 41) + "aa@s3"),
    "x‛", "b/c/d/", "NUL\0", "a‛object",
  ]

  @Test("Keys of every kind are exported to a directory and seeded from it")
  func roundTrip() async throws {
    let world = StateWorld()
    for (index, key) in Self.keys.enumerated() {
      var properties = ObjectProperties(
        contentType: index.isMultiple(of: 2) ? "x/\(index)" : nil,
        userMetadata: index.isMultiple(of: 3) ? ["index": "\(index) é"] : [:])
      if index.isMultiple(of: 5) { properties.cacheControl = "no-store" }
      world.base.put("orders", key, "body \(index)", properties: properties)
      if index.isMultiple(of: 4) { world.base.tag("orders", key, [S3.Tag(key: "i", value: "\(index)")]) }
    }
    let session = try world.session()
    let now = try await EndpointReader(session).state(of: nil)
    let writer = DirectoryWriter(world.directory + "/out", session: session)
    #expect(try await writer.export(now) { $0 }.written == Self.keys.count)
    #expect(try await writer.export(now) { $0 }.written == 0)
    #expect(try await world.letters("out", isThorough: true).isEmpty)

    let other = StateWorld()
    let second = Session(store: other.base, endpoint: "other", cache: nil)
    _ = try await Layout(second, Layout.Options()).run(UnreadState(try world.state("out", second)))
    for key in Self.keys {
      #expect(other.base.bytes("orders", key) == world.base.bytes("orders", key), "\(key)")
      #expect(
        other.base.head("orders", key)?.properties.userMetadata
          == world.base.head("orders", key)?.properties.userMetadata)
      #expect(other.base.tags("orders", key) == world.base.tags("orders", key))
    }
    #expect(other.base.keys("orders") == world.base.keys("orders"))
  }

  @Test("Defaults of a bucket apply to keys and to names; an export states the exceptions")
  func defaults() async throws {
    let world = StateWorld()
    try world.write(
      "fx/orders/@s3",
      #"{"defaults": [{"match": "*.json", "headers": {"content-type": "x/a"}}, {"match": "in/**", "tags": {"t": "1"}}]}"#
    )
    try world.write("fx/orders/in/a.json", "{}")
    try world.write("fx/orders/b.json", "{}")
    try await world.layOut("fx")
    #expect(world.base.head("orders", "in/a.json")?.properties.contentType == "x/a")
    #expect(world.base.tags("orders", "in/a.json")?.count == 1 && world.base.tags("orders", "b.json")?.isEmpty == true)
    world.base.put("orders", "in/a.json", "{}", properties: ObjectProperties(contentType: "x/b"))
    let session = try world.session()
    let now = try await EndpointReader(session).state(of: ["orders"])
    _ = try await DirectoryWriter(world.directory + "/fx", session: session).export(now) { $0 }
    #expect(world.read("fx/orders/b.json@s3") == nil)
    #expect(try await world.letters("fx", isThorough: true).isEmpty)
  }
}
