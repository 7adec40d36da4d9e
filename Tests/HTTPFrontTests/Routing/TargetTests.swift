import Core
import Testing

@testable import HTTPFront

struct TargetTests {
  @Test func `the query is split off before decoding`() throws {
    let target = try #require(Target("/b/a%3Fb%26?json&q=x+y%2Bz&move=/b/a+c%20d&e="))
    #expect(target.path == "/b/a?b&")
    #expect(target.has("json") && target.value("json") == nil)
    #expect(target.value("q") == "x y+z")
    #expect(target.value("move") == "/b/a+c d")
    #expect(target.value("e") == "")
  }

  @Test(arguments: [
    ("http://localhost:8080/b/k", "/b/k"), ("HTTP://h?x", "/"), ("/b//./../k", "/b//./../k"), ("/a;b=c", "/a;b=c"),
  ])
  func `the path keeps every byte and loses the host of an absolute target`(raw: String, path: String) {
    #expect(Target(raw)?.path == path)
  }

  @Test func `a path prefix is removed from an absolute target, too`() throws {
    let request = Request(method: "GET", target: "http://localhost/s3/b/k?x")
    #expect(try request.without(pathPrefix: "/s3").target == "/b/k?x")
  }

  @Test func `malformed parts of a query stay as they were sent`() throws {
    let query = try #require(Target("/a?v=100%&%zz&n=%ff&q=%20")).query
    #expect(query.map(\.isMalformed) == [true, true, true, false])
    #expect(query.map(\.name) == ["v", "%zz", "n", "q"] && query[0].value == "100%")
  }

  @Test(arguments: ["", "b/k", "/%zz", "/%ff"])
  func `an invalid path is refused`(raw: String) {
    #expect(Target(raw) == nil)
  }

  @Test(arguments: [
    ("/", ObjectPath.root), ("/b", ObjectPath(bucket: "b")), ("/b/", ObjectPath(bucket: "b")),
    ("/b/k", ObjectPath(bucket: "b", key: "k")), ("/b//k", ObjectPath(bucket: "b", key: "/k")),
    ("/b/a//c/", ObjectPath(bucket: "b", key: "a//c/")), ("/b/..", ObjectPath(bucket: "b", key: "..")),
  ])
  func `a path names a bucket and a true key`(path: String, place: ObjectPath) {
    #expect(ObjectPath(urlPath: path) == place)
  }

  @Test func `an empty bucket name is refused`() {
    #expect(ObjectPath(urlPath: "//k") == nil)
  }

  @Test(arguments: ["k", "a/b/", "a//b", "/x", "..", "a/../b", "./", "日本 +?#%&\"'\n\r<x>", "a\0b", "é", "e\u{301}"])
  func `a link is parsed back to its key`(key: String) throws {
    let place = ObjectPath(bucket: "bucket", key: ObjectKey(key))
    let target = try #require(Target(place.urlPath))
    #expect(ObjectPath(urlPath: target.path) == place)
    #expect(place.urlPath.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    // Clients remove dot segments, escaped or not.
    let segments = place.urlPath.split(separator: "/").map { PercentCoding.decode($0) }
    #expect(!segments.contains(".") && !segments.contains(".."))
  }

  @Test(arguments: [
    ("a/b/c", "a/b/", "c"), ("a/b/", "a/", "b"), ("a", "", "a"), ("a//", "a/", ""), ("/x", "/", "x"),
  ])
  func `a place has a parent and a name`(key: String, parent: String, name: String) {
    let place = ObjectPath(bucket: "b", key: ObjectKey(key))
    #expect(place.parent == ObjectPath(bucket: "b", key: ObjectKey(parent)))
    #expect(place.name == name)
  }
}
