import Testing

@testable import Core

@Suite struct ObjectPathFileNameTests {
  @Test(arguments: [
    ("d/x", "x"), ("d/sub/", "sub/"), ("d/日 本", "日 本"), ("d/../x", "．．/x"), ("d//x", "／/x"), ("d/./x", "．/x"),
  ])
  func `names below a directory never lead elsewhere`(key: String, name: String) {
    let directory = ObjectPath(bucket: "box", key: "d/")
    #expect(ObjectPath(bucket: "box", key: ObjectKey(key)).fileName(below: directory) == name)
  }

  @Test func `names below the root begin with the bucket, and a place outside a directory has no name in it`() {
    let path = ObjectPath(bucket: "box", key: "a/b")
    #expect(path.fileName(below: .root) == "box/a/b")
    #expect(ObjectPath(bucket: "box").fileName(below: .root) == "box/")
    #expect(path.fileName(below: ObjectPath(bucket: "other")) == nil)
    #expect(ObjectPath(bucket: "box", key: "a/").fileName(below: ObjectPath(bucket: "box", key: "a/")) == nil)
  }

  @Test(arguments: [("d/x", "x‛object"), ("d/sub/", "sub/‛object"), ("d/", "‛object"), ("d/../", "．．/‛object")])
  func `shadowed objects and the bytes of markers have names that lead back`(key: String, name: String) throws {
    let directory = ObjectPath(bucket: "box", key: "d/")
    let path = ObjectPath(bucket: "box", key: ObjectKey(key))
    #expect(path.fileName(below: directory, isShadowed: true) == name)
    #expect(try directory.place(ofFileName: name) == path)
  }

  @Test func `a bucket has no marker`() {
    #expect(ObjectPath(bucket: "box").fileName(below: ObjectPath(bucket: "box"), isShadowed: true) == nil)
    #expect(throws: FileSystemError.self) { try ObjectPath(bucket: "box").place(ofFileName: "‛object") }
    #expect(throws: FileSystemError.self) { try ObjectPath.root.place(ofFileName: "box/‛object") }
  }
}
