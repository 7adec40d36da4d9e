// SEMANTICS: 7.1
import Archive
import Core
import FoundationEssentials
import S3
import TestSupport
import Testing

@testable import HTTPFront

/// Objects packed into an archive and unpacked again are the same.
@Suite(.serialized) struct LiveRoundTripTests {
  private static func properties(_ change: (inout ObjectProperties) -> Void) -> ObjectProperties {
    var properties = ObjectProperties(contentType: "text/plain")
    change(&properties)
    return properties
  }

  /// Objects with everything that S3 and the mount store besides bytes.
  private static let objects: [(key: ObjectKey, body: String, properties: ObjectProperties)] = [
    ("plain.txt", "plain", ObjectProperties(contentType: "text/plain")),
    ("empty", "", ObjectProperties(contentType: "application/octet-stream")),
    (
      "full.bin", "full",
      properties {
        ($0.contentType, $0.contentEncoding) = ("application/x-thing; v=1", "gzip")
        ($0.contentDisposition, $0.contentLanguage) = ("attachment; filename=\"a b\"", "ja")
        ($0.cacheControl, $0.expires) = ("max-age=5, public", "Tue, 01 Jan 2030 00:00:00 GMT")
        ($0.storageClass, $0.redirectLocation) = ("STANDARD_IA", "/elsewhere")
        $0.userMetadata = ["colour": "赤 & red", "empty": "", "a_b-c.d": "1=2"]
        $0.tags = [Tag(key: "stage", value: "raw & more"), Tag(key: "山", value: "")]
      }
    ),
    (
      "bin/run", "#!/bin/sh",
      properties {
        $0.userMetadata = [
          "mode": "33261", "uid": "7", "gid": "8", "mtime": "1000000000.123456789", "ctime": "1000000000",
          "atime": "1000000001", "xattr": "%7B%22user.a%22%3A%22MQ%3D%3D%22%7D",
        ]
      }
    ),
    ("old", "before 1970", properties { $0.userMetadata = ["mtime": "-86400", "mode": "33152"] }),
    ("link", "bin/run", properties { $0.userMetadata = ["mode": "41471", "mtime": "1000000000"] }),
    ("absolute", "/etc/hostname", properties { $0.userMetadata = ["mode": "41471"] }),
    ("fifo", "", properties { $0.userMetadata = ["mode": "4516", "rdev": "0"] }),
    ("made/", "", properties { ($0.contentType, $0.userMetadata) = ("application/x-directory", ["mode": "16832"]) }),
    ("d/../up", "dots", properties { _ in }), ("d//double", "slash", properties { _ in }),
    ("a\\b", "backslash", properties { _ in }), ("new\nline", "line", properties { _ in }),
    ("a", "beside a/", properties { _ in }), ("a/b", "below", properties { _ in }), ("a-b", "", properties { _ in }),
    ("link beside", "a", properties { $0.userMetadata = ["mode": "41471"] }),
    ("link beside/x", "", properties { _ in }),
    (
      "marked/", "bytes of a marker",
      properties { ($0.contentType, $0.userMetadata) = ("application/x-directory", ["mode": "16832"]) }
    ),
    ("bare marker/", "bytes of a marker without metadata", properties { _ in }),
    ("bare marker/x", "", properties { _ in }),
    (
      "spelt", "as others spell it",
      properties {
        $0.contentDisposition = "inline; filename=\"é\""
        $0.contentType = "text/x-é"
        $0.userMetadata = ["q": "é", "blanks": "a  b   c", "latin": "café", "nfd": "e\u{301}"]
        for (name, bytes) in spellings { $0.take(spelling: bytes, of: name) }
      }
    ),
    ("odd marker/", "a", properties { $0.userMetadata = ["mode": "41471"] }),
    (ObjectKey(String(repeating: "long", count: 70)), "long", properties { _ in }),
    ("日本語/‛quote", "quote", properties { _ in }),
  ]

  /// Headers as another client may have spelt them.
  private static let spellings: [(String, [UInt8])] = [
    ("x-amz-meta-q", Array("=?utf-8?q?=C3=A9?=".utf8)), ("x-amz-meta-blanks", Array("a  b   c".utf8)),
    ("x-amz-meta-latin", Array("caf".utf8) + [0xE9]), ("content-type", Array("text/x-".utf8) + [0xE9]),
  ]

  @Test func `other clients' spellings are read`() throws {
    let spelt = try #require(Self.objects.first { $0.key == "spelt" }).properties.spellings
    #expect(spelt == Dictionary(Self.spellings) { $1 })
  }

  @Test func `a spelling of another value is ignored`() throws {
    let records = ["user.s3.metadata.a", "user.s3.content-type"].map { ($0, Array("é".utf8)) }
    let spellings = [
      ("x-amz-meta-a", Array("other".utf8)), ("x-amz-meta-b", [0xE9]), ("content-type", [0xEA]), ("x", [0xE9]),
      ("content-language", [0xE9]),
    ].map { ("user.s3.spelling.\($0.0)", $0.1) }
    let properties = try #require(try ArchiveRecords.properties(Dictionary(records + spellings) { $1 }))
    #expect(properties == ObjectProperties(contentType: "é", userMetadata: ["a": "é"]))
  }

  private static func fill(_ gateway: LiveGateway) {
    for object in objects {
      gateway.store.put("box", object.key, Array(object.body.utf8), properties: object.properties)
    }
  }

  private static func compare(_ gateway: LiveGateway, _ bucket: String, _ prefix: String) {
    let keys = objects.map { ObjectKey(prefix + $0.key.string) }
    #expect(Set(gateway.store.keys(bucket) ?? []) == Set(keys))
    for object in objects {
      let key = ObjectKey(prefix + object.key.string)
      #expect(gateway.store.text(bucket, key) == object.body, "\(key)")
      let (was, now) = (gateway.store.head("box", object.key), gateway.store.head(bucket, key))
      #expect(now?.properties == was?.properties, "\(key)")
      #expect(Set(gateway.store.tags(bucket, key) ?? []) == Set(object.properties.tags), "\(key)")
    }
  }

  @Test func `a tar restores everything in another place`() async throws {
    try await LiveGateway.with(buckets: ["box", "two"]) { gateway in
      Self.fill(gateway)
      let archive = try #require(await gateway.client.send("GET", "/box/?tar"))
      let answer = await gateway.client.send("POST", "/two/in/?untar", bytes: archive.contents)
      #expect(answer?.status == 200, "\(answer?.body ?? "")")
      Self.compare(gateway, "two", "in/")
    }
  }

  @Test func `a tar of the root restores the buckets`() async throws {
    let archive = try await LiveGateway.with(buckets: ["box", "empty"]) { gateway in
      Self.fill(gateway)
      return try #require(await gateway.client.send("GET", "/?tar")).contents
    }
    try await LiveGateway.with(buckets: []) { gateway in
      let answer = await gateway.client.send("POST", "/?untar", bytes: archive)
      #expect(answer?.status == 200, "\(answer?.body ?? "")")
      Self.compare(gateway, "box", "")
      #expect(gateway.store.keys("empty") == [])
    }
  }

  @Test func `a zip restores bytes, modes, times and links`() async throws {
    try await LiveGateway.with(buckets: ["box", "two"]) { gateway in
      Self.fill(gateway)
      let archive = try #require(await gateway.client.send("GET", "/box/?zip"))
      let answer = await gateway.client.send("POST", "/two/?unzip", bytes: archive.contents)
      #expect(answer?.status == 200, "\(answer?.body ?? "")")
      #expect(Set(gateway.store.keys("two") ?? []) == Set(Self.objects.map(\.key)))
      for object in Self.objects {
        #expect(gateway.store.text("two", object.key) == object.body, "\(object.key)")
      }
      let run = gateway.store.head("two", "bin/run")?.properties.userMetadata
      #expect(run?["mode"] == "33261" && run?["mtime"] == "1000000000")
      let link = gateway.store.head("two", "link")?.properties.userMetadata
      #expect(link?["mode"] == "41471" && link?["mtime"] == "1000000000")
      for directory in ["made/", "marked/"] as [ObjectKey] {
        let made = gateway.store.head("two", directory)?.properties
        #expect(made?.userMetadata["mode"] == "16832" && made?.contentType == "application/x-directory")
      }
      #expect(gateway.store.head("two", "plain.txt")?.properties.userMetadata["mode"] == nil)
    }
  }

  @Test func `unpacking the bytes of a marker adds no mode`() async throws {
    try await LiveGateway.with(buckets: ["box", "two"]) { gateway in
      // The archive has an entry for the directory's marker bytes only.
      for key in ["d/", "d/m/"] as [ObjectKey] { gateway.store.put("box", key, "bytes") }
      gateway.store.put("box", "d/x")
      gateway.store.put("two", "old/m/", "older")
      let archive = try #require(await gateway.client.send("GET", "/box/d/?tar"))
      for place in ["new/", "old/"] {
        let answer = await gateway.client.send("POST", "/two/\(place)?untar", bytes: archive.contents)
        #expect(answer?.status == 200, "\(answer?.body ?? "")")
        for key in ["", "m/", "x"].map({ ObjectKey(place + $0) }) {
          #expect(gateway.store.head("two", key)?.properties.userMetadata == [:], "\(key)")
        }
        #expect(gateway.store.text("two", ObjectKey(place + "m/")) == "bytes")
      }
    }
  }

  @Test func `a mode of the directory's entry is stored with the bytes of its marker`() async throws {
    try await LiveGateway.with { gateway in
      let writer = try ArchiveWriter(.tar)
      var bytes = try await writer.begin(ArchiveEntry("m/", .directory, permissions: 0o700, modifiedSeconds: 5))
      var body = ArchiveEntry("m/‛object", .file, permissions: 0o644, modifiedSeconds: 6)
      body.size = 1
      bytes += try await writer.begin(body)
      bytes += try await writer.write([65])
      bytes += try await writer.finish()
      #expect(await gateway.client.send("POST", "/box/?untar", bytes: bytes)?.status == 200)
      #expect(gateway.store.text("box", "m/") == "A")
      #expect(gateway.store.head("box", "m/")?.properties.userMetadata["mode"] == "\(0o040700)")
    }
  }

  private static let pieces = [
    "/", "/", "/", "a", "b", "-", "!", ".", "..", "‛", "‛object", "é", "e\u{301}", "\u{301}", "object", "\\", "\\",
    "\n",
    "\t", "\u{1}", "\u{7F}", " ", "\0",
  ]

  @Test(arguments: ["zip", "tar"], UInt64(1)...4)
  func `any keys are restored with their bytes`(format: String, seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let keys = Set(
      (0..<60).map { _ in
        ObjectKey(
          (0..<Int.random(in: 1...5, using: &generator)).map { _ in Self.pieces.randomElement(using: &generator)! }
            .joined())
      })
    try await LiveGateway.with(buckets: ["box", "two"]) { gateway in
      for key in keys { gateway.store.put("box", ObjectKey("d/\(key)"), "bytes of \(key)") }
      gateway.store.put("box", "d/", "of the directory itself")
      let archive = try #require(await gateway.client.send("GET", "/box/d/?\(format)"))
      let answer = await gateway.client.send(
        "POST", "/two/d/?un\(format)", ["If-None-Match": "*"], bytes: archive.contents)
      #expect(answer?.status == 200 && answer?.body.contains(#""kept":[]"#) == true, "\(answer?.body ?? "")")
      #expect(gateway.store.keys("two") == gateway.store.keys("box"))
      for key in gateway.store.keys("box") ?? [] {
        #expect(gateway.store.text("two", key) == gateway.store.text("box", key), "\(key)")
      }
    }
  }

  @Test func `a name chosen twice is packed once, and beside its directory under the mount's name`() async throws {
    try await LiveGateway.with(buckets: ["box", "two"]) { gateway in
      for key in ["d", "d/e", "d-1", "x"] as [ObjectKey] { gateway.store.put("box", key, "\(key)") }
      let archive = try #require(
        await gateway.client.send("POST", "/box/?tar", body: #"["x","d/","d","x","d/e","d-1"]"#))
      let answer = await gateway.client.send("POST", "/two/?untar", bytes: archive.contents)
      #expect(answer?.status == 200, "\(answer?.body ?? "")")
      #expect(gateway.store.keys("two") == gateway.store.keys("box"))
      #expect(gateway.store.text("two", "d") == "d")
    }
  }

  @Test func `modes, times, links and hard links of other programs' archives are restored`() async throws {
    try await LiveGateway.with { gateway in
      let writer = try ArchiveWriter(.tar)
      var bytes = try await writer.begin(ArchiveEntry("./", .directory, modifiedSeconds: 5))
      var run = ArchiveEntry("./run", .file, size: 2, permissions: 0o755, modifiedSeconds: 1_000_000_000)
      // A fraction of a second is written only where there is something else for a PAX header.
      (run.modifiedNanoseconds, run.attributes) = (500_000_000, ["user.other": [1]])
      bytes += try await writer.begin(run) + writer.write([1, 2][...])
      bytes += try await writer.begin(ArchiveEntry("./hard", .hardLink(name: "./run"), modifiedSeconds: 5))
      bytes += try await writer.begin(ArchiveEntry("./lost", .hardLink(name: "none"), modifiedSeconds: 5))
      bytes += try await writer.begin(ArchiveEntry("./soft", .symbolicLink(target: "../up"), modifiedSeconds: 7))
      bytes += try await writer.begin(ArchiveEntry("./d/", .directory, permissions: 0o700, modifiedSeconds: 9))
      bytes += try await writer.finish()
      let answer = await gateway.client.send("POST", "/box/?untar", bytes: bytes)
      #expect(answer?.status == 422 && answer?.body.contains(#""refused":[{"name":"./lost","#) == true)
      #expect(gateway.store.keys("box") == ["d/", "hard", "run", "soft"])
      let metadata = { gateway.store.head("box", $0)?.properties.userMetadata }
      #expect(metadata("run") == ["mode": "33261", "mtime": "1000000000.500000000"])
      #expect(metadata("soft") == ["mode": "41471", "mtime": "7"] && gateway.store.text("box", "soft") == "../up")
      #expect(metadata("d/") == ["mode": "16832", "mtime": "9"])
      #expect(gateway.store.bytes("box", "hard") == [1, 2])
    }
  }

  @Test func `unpacking at the root creates only buckets, and refuses invalid names`() async throws {
    try await LiveGateway.with { gateway in
      let writer = try ArchiveWriter(.zip)
      var bytes: [UInt8] = []
      for name in ["new-bucket/a", "file", "Bad_Name/a", "box/b", "another/"] {
        let isDirectory = name.hasSuffix("/")
        bytes += try await writer.begin(name, size: isDirectory ? 0 : 1, modifiedSeconds: 5, isDirectory: isDirectory)
        if !isDirectory { bytes += try await writer.write([65][...]) }
      }
      bytes += try await writer.finish()
      let answer = await gateway.client.send("POST", "/?unzip", bytes: bytes)
      #expect(answer?.status == 422)
      #expect(
        answer?.body.contains(#""written":["/new-bucket/a","/box/b","/another/"]"#) == true, "\(answer?.body ?? "")")
      #expect(gateway.store.text("new-bucket", "a") == "A" && gateway.store.keys("another") == [])
      #expect(gateway.store.keys("Bad_Name") == nil && gateway.store.keys("file") == nil)
    }
  }

  /// Made by GNU tar: a file of 1 MiB with six bytes in the middle, and one of 100,000 bytes that is one hole.
  private static let sparse =
    "H4sIAAAAAAAAA+3YUQrCMAyA4R6lR2ht6g7iCYQNFDYqW33w9tY+6ZAplaKy/3tJaVMS8phD6LtJ1WWSrUiOySza+7vEK2N9I17pXeW+svMU96PW"
    + "agwhLuW9ei+WZ2Dt04nI48TyuaiAlH4G8L+GY9v23be7AAAAAPALuuEUL5VrLO9/5ufb/sc1KX1F+x/jjNvIh3uedwoAAAAAAAAAWJErr6LXkAAoAAA="

  @Test func `holes of a sparse file are unpacked as zeros`() async throws {
    try await LiveGateway.with { gateway in
      let bytes = [UInt8](try #require(Data(base64Encoded: Self.sparse)))
      let answer = await gateway.client.send("POST", "/box/?untar", bytes: bytes)
      #expect(answer?.status == 200, "\(answer?.body ?? "")")
      let empty = gateway.store.bytes("box", "empty") ?? []
      #expect(empty.count == 100_000)
      #expect(empty.allSatisfy { $0 == 0 } == true, "a hole has a byte that is not zero")
      let holes = [UInt8](repeating: 0, count: 300_000) + Array("middle".utf8)
      let expected = holes + [UInt8](repeating: 0, count: (1 << 20) - holes.count)
      let isSame = gateway.store.bytes("box", "holes") == expected
      #expect(isSame)
    }
  }
}
