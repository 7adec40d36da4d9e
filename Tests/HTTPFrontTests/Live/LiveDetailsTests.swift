import Archive
import Core
import HTTPFront
import S3
import TestSupport
import Testing

/// Headers, metadata, tags and versions over a real socket.
@Suite(.serialized) struct LiveDetailsTests {
  @Test func `a bucket's settings are returned, and versioning can be switched on`() async throws {
    try await LiveGateway.with { gateway in
      let about = await gateway.client.send("GET", "/box/?meta")?.body ?? ""
      for member in [#""type":"bucket""#, #""region":"us-east-1""#, #""versioning":"Off""#, #""notifications":[]"#] {
        #expect(about.contains(member), "\(about)")
      }
      for wrong in ["", "{", "[]", #"{"versioning":"perhaps"}"#, #"{"headers":{}}"#, #"{"versioning":1}"#] {
        #expect(await gateway.client.send("POST", "/box/?meta", body: wrong)?.status == 400, "\(wrong)")
      }
      #expect(await gateway.client.send("POST", "/box/?meta", body: about)?.status == 204)
      #expect(await gateway.client.send("POST", "/box/?meta", body: #"{"versioning":"Enabled"}"#)?.status == 204)
      #expect(await gateway.client.send("GET", "/box/?meta")?.body.contains(#""versioning":"Enabled""#) == true)
      for key in ["d/a", "d/b", "other"] {
        gateway.store.put("box", ObjectKey(key), "first")
        gateway.store.put("box", ObjectKey(key), "last")
      }
      for key in ["d/a", "other"] { #expect(await gateway.client.send("DELETE", "/box/\(key)")?.status == 204) }
      let deleted = await gateway.client.send("GET", "/box/d/?deleted")?.body ?? ""
      #expect(deleted.contains(#""path":"/box/d/a""#) && !deleted.contains("other") && !deleted.contains("d/b"))
      #expect(deleted.contains(#""size":4"#) && deleted.contains(#""truncated":false"#), "\(deleted)")
      #expect(await gateway.client.send("GET", "/none/?deleted")?.status == 404)
      #expect(await gateway.client.send("GET", "/none/?meta")?.status == 404)
      #expect(await gateway.client.send("POST", "/none/?meta", body: #"{"versioning":"Enabled"}"#)?.status == 404)
      #expect(await gateway.client.send("POST", "/box/?meta", body: #"{"versioning":"off"}"#)?.status == 204)
      #expect(await gateway.client.send("GET", "/box/?meta")?.body.contains(#""versioning":"Off""#) == true)
    }
  }

  private static let given =
    #"{"headers":{"content-type":"text/csv","cache-control":"no-store"},"metadata":{"who":"山"},"tags":{"stage":"raw"}}"#

  @Test func `headers, metadata and tags are changed and returned`() async throws {
    try await LiveGateway.with { gateway in
      let old = gateway.store.put("box", "x", "bytes", properties: ObjectProperties(contentType: "text/plain"))
      let answer = try #require(
        await gateway.client.send("POST", "/box/x?meta", ["If-Match": old.quoted], body: Self.given))
      #expect(answer.status == 204 && answer.head.contains("ETag: \""))
      let head = try #require(gateway.store.head("box", "x"))
      #expect(head.properties.contentType == "text/csv" && head.properties.cacheControl == "no-store")
      #expect(head.properties.userMetadata == ["who": "山"])
      #expect(gateway.store.tags("box", "x") == [Tag(key: "stage", value: "raw")])
      let told = try #require(await gateway.client.send("GET", "/box/x?meta"))
      for text in [
        #""headers":{"content-type":"text/csv","cache-control":"no-store"}"#, #""metadata":{"who":"山"}"#,
        #""tags":{"stage":"raw"}"#, #""size":5"#,
      ] { #expect(told.body.contains(text)) }
      #expect(await gateway.client.send("GET", "/box/x")?.body == "bytes")
    }
  }

  /// The properties of an object with all that S3 stores besides bytes.
  private static let full: ObjectProperties = {
    var full = ObjectProperties(
      contentType: "text/plain",
      userMetadata: ["mode": "33261", "uid": "7", "mtime": "1000000000.5", "ctime": "1000000000", "owner": "田中"])
    full.contentEncoding = "identity"
    full.contentDisposition = "inline"
    full.contentLanguage = "ja"
    full.cacheControl = "max-age=5"
    full.expires = "Tue, 01 Jan 2030 00:00:00 GMT"
    full.storageClass = "STANDARD_IA"
    full.redirectLocation = "/elsewhere"
    full.tags = [Tag(key: "b", value: "2"), Tag(key: "a", value: "1")]
    return full
  }()

  /// Request bodies, each with the change that it makes to the full object.
  private static let merges: [(body: String, change: @Sendable (inout ObjectProperties) -> Void)] = [
    (#"{}"#, { _ in }),
    (#"{"headers":{},"metadata":{},"tags":{}}"#, { _ in }),
    (#"{"headers":{"Cache-Control":"no-store"}}"#, { $0.cacheControl = "no-store" }),
    (#"{"headers":{"expires":null,"content-language":""}}"#, { ($0.expires, $0.contentLanguage) = (nil, nil) }),
    (#"{"headers":{"x-amz-website-redirect-location":null}}"#, { $0.redirectLocation = nil }),
    (#"{"metadata":{"Colour":"red"}}"#, { $0.userMetadata["colour"] = "red" }),
    (#"{"metadata":{"owner":null,"none":null}}"#, { $0.userMetadata["owner"] = nil }),
    (#"{"metadata":{"mtime":"5","empty":""}}"#, { ($0.userMetadata["mtime"], $0.userMetadata["empty"]) = ("5", "") }),
    (
      #"{"tags":{"a":"3","c":"4"}}"#,
      {
        $0.tags = [Tag(key: "b", value: "2"), Tag(key: "a", value: "3"), Tag(key: "c", value: "4")]
      }
    ),
    (#"{"tags":{"b":null,"none":null}}"#, { $0.tags = [Tag(key: "a", value: "1")] }),
  ]

  @Test(arguments: merges.indices)
  func `named values are set, null removes, and the rest stays`(index: Int) async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      let merge = Self.merges[index]
      #expect(await gateway.client.send("POST", "/box/x?meta", body: merge.body)?.status == 204)
      var expected = Self.full
      merge.change(&expected)
      var stored = try #require(gateway.store.head("box", "x")).properties
      stored.tags = gateway.store.tags("box", "x") ?? []
      #expect(stored == expected, "\(merge.body)")
    }
  }

  @Test func `sending back what ?meta returned changes nothing`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      for query in ["?meta", "?meta&replace"] {
        let body = try #require(await gateway.client.send("GET", "/box/x?meta")).body
        #expect(await gateway.client.send("POST", "/box/x\(query)", body: body)?.status == 204)
        var stored = try #require(gateway.store.head("box", "x")).properties
        #expect(Set(gateway.store.tags("box", "x") ?? []) == Set(Self.full.tags))
        stored.tags = Self.full.tags
        #expect(stored == Self.full)
      }
    }
  }

  @Test func `with &replace each given part replaces the whole old part`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      let body = #"{"headers":{"expires":"Thu, 01 Jan 1970 00:00:00 GMT"},"metadata":{"only":"this"},"tags":{"t":"v"}}"#
      #expect(await gateway.client.send("POST", "/box/x?meta&replace", body: body)?.status == 204)
      var expected = ObjectProperties(contentType: "text/plain", userMetadata: ["only": "this"])
      (expected.expires, expected.storageClass) = ("Thu, 01 Jan 1970 00:00:00 GMT", "STANDARD_IA")
      #expect(gateway.store.head("box", "x")?.properties == expected)
      #expect(gateway.store.tags("box", "x") == [Tag(key: "t", value: "v")])
    }
  }

  @Test func `GET returns every stored header that describes the object`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      for method in ["GET", "HEAD"] {
        let answer = try #require(await gateway.client.send(method, "/box/x"))
        for header in StoredHeader.described {
          #expect(
            answer.head.contains("\r\n\(header.title): \(Self.full[keyPath: header.value] ?? "")"), "\(header.name)")
        }
      }
    }
  }

  // MARK: Expires

  @Test(arguments: ["never", "0", "-1", "tomorrow", "2030-01-01T00:00:00Z", "Fri, 31 Feb 2025 00:00:00 GMT"])
  func `an Expires that is no date is refused in all requests that store one`(date: String) async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      let before = gateway.store.head("box", "x")
      let body = #"{"headers":{"expires":"\#(date)"},"metadata":{"new":"1"}}"#
      for answer in [
        await gateway.client.send("PUT", "/box/x", ["Expires": date], body: "b"),
        await gateway.client.send("PUT", "/box/new", ["Expires": date], body: "b"),
        await gateway.client.send("PUT", "/box/x?keep", ["Expires": date], body: "b"),
        await gateway.client.send("PUT", "/box/new?keep", ["Expires": date], body: "b"),
        await gateway.client.send("POST", "/box/x?meta", body: body),
        await gateway.client.send("POST", "/box/x?meta&replace", body: body),
      ] {
        #expect(answer?.status == 400 && answer?.body.contains("no date for expires; write Thu") == true)
      }
      #expect(gateway.store.keys("box") == ["x"] && gateway.store.head("box", "x")?.properties == before?.properties)
    }
  }

  @Test func `an Expires that another server accepted stays when something else is changed`() async throws {
    try await LiveGateway.with { gateway in
      var odd = ObjectProperties(contentType: "text/plain")
      odd.expires = "0"
      gateway.store.put("box", "x", "b", properties: odd)
      let about = try #require(await gateway.client.send("GET", "/box/x?meta")).body
      #expect(await gateway.client.send("POST", "/box/x?meta", body: about)?.status == 204)
      #expect(await gateway.client.send("POST", "/box/x?meta", body: #"{"metadata":{"a":"1"}}"#)?.status == 204)
      #expect(await gateway.client.send("PUT", "/box/x?keep", body: "new")?.status == 204)
      #expect(gateway.store.head("box", "x")?.properties.expires == "0")
    }
  }

  // MARK: ?keep

  @Test(arguments: [5, 20 << 20])
  func `PUT with ?keep replaces the bytes and preserves everything else`(size: Int) async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      let body = String(repeating: "n", count: size)
      let answer = await gateway.client.send("PUT", "/box/x?keep", ["Content-Type": "text/html"], body: body)
      #expect(answer?.status == 204)
      #expect(gateway.store.bytes("box", "x")?.count == size)
      var stored = try #require(gateway.store.head("box", "x")).properties
      // The bytes have a new time.
      for name in ["mtime", "ctime"] {
        let time = try #require(stored.userMetadata[name].flatMap { Double($0) })
        #expect(time > 1_600_000_000)
        stored.userMetadata[name] = Self.full.userMetadata[name]
      }
      stored.tags = gateway.store.tags("box", "x") ?? []
      #expect(stored == Self.full)
    }
  }

  @Test func `with ?keep a time and other metadata in the request are set`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b", properties: Self.full)
      let named = [
        "x-amz-meta-mtime": "12.5", "X-Amz-Meta-New": "1", "Content-Language": "de", "Cache-Control": "no-cache",
      ]
      #expect(await gateway.client.send("PUT", "/box/x?keep", named, body: "n")?.status == 204)
      let stored = try #require(gateway.store.head("box", "x")).properties
      #expect(stored.userMetadata["mtime"] == "12.5" && stored.userMetadata["new"] == "1")
      #expect(stored.userMetadata["owner"] == "田中" && stored.contentLanguage == "de")
      #expect(stored.cacheControl == "max-age=5")
    }
  }

  @Test func `PUT with ?keep adds no metadata to an object without any`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b")
      #expect(await gateway.client.send("PUT", "/box/x?keep", body: "n")?.status == 204)
      #expect(gateway.store.head("box", "x")?.properties.userMetadata == [:])
      #expect(
        await gateway.client.send("PUT", "/box/new.txt?keep", ["Content-Type": "text/css"], body: "n")?.status == 201)
      #expect(gateway.store.head("box", "new.txt")?.properties == ObjectProperties(contentType: "text/css"))
    }
  }

  @Test func `PUT with ?keep respects conditions`() async throws {
    try await LiveGateway.with { gateway in
      let etag = gateway.store.put("box", "x", "b", properties: Self.full)
      let client = gateway.client
      #expect(await client.send("PUT", "/box/x?keep", ["If-Match": "\"other\""], body: "n")?.status == 412)
      #expect(await client.send("PUT", "/box/x?keep", ["If-None-Match": "*"], body: "n")?.status == 412)
      #expect(gateway.store.text("box", "x") == "b")
      #expect(await client.send("PUT", "/box/x?keep", ["If-Match": etag.quoted], body: "n")?.status == 204)
      #expect(gateway.store.head("box", "x")?.properties.storageClass == "STANDARD_IA")
    }
  }

  @Test func `a change by ?meta is refused for another version, malformed bodies and invalid values`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "b")
      let client = gateway.client
      let other = await client.send("POST", "/box/x?meta", ["If-Match": "\"other\""], body: Self.given)
      #expect(other?.status == 412)
      for body in [
        "no", "[]", #"{"headers":{"x-evil":"1"}}"#, #"{"headers":{"content-type":"a\r\nSet-Cookie: b"}}"#,
        #"{"metadata":{"a b":"1"}}"#, #"{"tags":{"":"1"}}"#, #"{"metadata":{"a":1}}"#, #"{"tag":{"a":"1"}}"#,
        #"{"metadata":{"a":"1","A":"2"}}"#,
      ] { #expect(await client.send("POST", "/box/x?meta", body: body)?.status == 400, "\(body)") }
      let large = #"{"metadata":{"m":"\#(String(repeating: "x", count: 3000))"}}"#
      #expect(await client.send("POST", "/box/x?meta", body: large)?.status == 413)
      #expect(await client.send("POST", "/box/none?meta", body: "{}")?.status == 404)
      #expect(gateway.store.head("box", "x")?.properties.userMetadata == [:])
    }
  }

  @Test func `metadata beyond S3's limit is refused by every route, but existing excess can be reduced`() async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.takesMoreMetadata = true
    try await LiveGateway.with(behaviour: behaviour) { gateway in
      let (client, large) = (gateway.client, String(repeating: "x", count: 3000))
      gateway.store.put("box", "x", "old")
      let fields = ["x-amz-meta-m": large]
      for target in ["/box/new", "/box/x", "/box/x?keep", "/box/new?keep"] {
        #expect(await client.send("PUT", target, fields, body: "new")?.status == 413, "\(target)")
      }
      let writer = try ArchiveWriter(.tar)
      var bytes: [UInt8] = []
      for var entry in [
        ArchiveEntry("file", .file, modifiedSeconds: 0), ArchiveEntry("made/", .directory, modifiedSeconds: 0),
        ArchiveEntry("marked/‛object", .file, modifiedSeconds: 0),
      ] {
        entry.attributes = ["user.s3.metadata.m": Array(large.utf8)]
        bytes += try await writer.begin(entry)
      }
      bytes += try await writer.finish()
      let answer = try #require(await client.send("POST", "/box/?untar", bytes: bytes))
      #expect(answer.status == 422 && answer.body.ranges(of: "2 KB").count == 3, "\(answer.body)")
      #expect(gateway.store.keys("box") == ["x"] && gateway.store.text("box", "x") == "old")
      // Excess metadata that a server took from another client is kept, and can be reduced, not extended.
      gateway.store.put(
        "box", "x", Array("old".utf8), properties: ObjectProperties(userMetadata: ["m": large, "n": "1"]))
      #expect(await client.send("PUT", "/box/x?keep", body: "new")?.status == 204)
      #expect(await client.send("PUT", "/box/x?keep", ["x-amz-meta-o": "1"], body: "more")?.status == 413)
      #expect(await client.send("POST", "/box/x?meta", body: #"{"metadata":{"o":"1"}}"#)?.status == 413)
      #expect(await client.send("POST", "/box/x?meta", body: #"{"metadata":{"n":null}}"#)?.status == 204)
      #expect(await client.send("POST", "/box/x?copy=/box/y")?.status == 201)
      #expect(gateway.store.text("box", "x") == "new")
      #expect(gateway.store.head("box", "y")?.properties.userMetadata == ["m": large])
    }
  }

  @Test func `the metadata of a directory describes its marker, with bytes or without, or null`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "empty/")
      gateway.store.put("box", "full/", "bytes of the marker")
      gateway.store.put("box", "none/x")
      func meta(_ path: String) async -> String { await gateway.client.send("GET", path + "?meta")?.body ?? "" }
      #expect(await meta("/box/empty/").contains(#""type":"directory","url":"/box/empty/","marker":{"size":0,"etag":"#))
      #expect(await meta("/box/full").contains(#""marker":{"size":19,"#))
      #expect(await meta("/box/none/").contains(#""marker":null"#))
      for path in ["/box/", "/"] { #expect(await meta(path).contains("marker") == false) }
    }
  }

  @Test func `versions are listed, read and restored`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.switchVersioningOn("box")
      gateway.store.put("box", "x", "one")
      gateway.store.put("box", "x", "two")
      gateway.store.put("box", "xy", "another key")
      let client = gateway.client
      let list = try #require(await client.send("GET", "/box/x?versions"))
      #expect(list.status == 200 && list.body.ranges(of: "versionId").count == 2)
      #expect(list.body.contains(#"{"versionId":"v2","isLatest":true,"deleteMarker":false"#))
      #expect(await client.send("GET", "/box/x?version=v1")?.body == "one")
      #expect(await client.send("GET", "/box/x?version=v1", ["Range": "bytes=1-"])?.body == "ne")
      #expect(await client.send("GET", "/box/x?version=none")?.status == 404)
      let restored = try #require(await client.send("POST", "/box/x?restore=v1"))
      #expect(restored.status == 200 && gateway.store.text("box", "x") == "one")
      #expect(await client.send("GET", "/box/x")?.body == "one")
      #expect(await client.send("POST", "/box/x?restore=v99")?.status == 404)
    }
  }

  @Test func `a bucket without versioning lists no versions`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "one")
      #expect(await gateway.client.send("GET", "/box/x?versions")?.body.contains(#""versions":[]"#) == true)
      #expect(await gateway.client.send("GET", "/box/none?versions")?.status == 404)
    }
  }

  @Test func `presigned URLs have the chosen host and lifetime`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "x", "one")
      let client = gateway.client
      let answer = await client.send("GET", "/box/x?presign&expires=60&host=http://s3:4566")
      #expect(answer?.body == #"{"url":"http://s3:4566/box/x?expires=60","expires":60}"# + "\n")
      #expect(await client.send("GET", "/box/x?presign&expires=0")?.status == 400)
      #expect(await client.send("GET", "/box/none?presign")?.status == 404)
    }
  }

  @Test(arguments: [true, false])
  func `a DELETE may name a version by If-Match, checked by S3 or just before`(checksItself: Bool) async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.deletesConditionally = checksItself
    try await LiveGateway.with(behaviour: behaviour) { gateway in
      let etag = gateway.store.put("box", "x", "one")
      #expect(await gateway.client.send("DELETE", "/box/x", ["If-Match": "\"other\""])?.status == 412)
      #expect(gateway.store.text("box", "x") == "one")
      #expect(await gateway.client.send("DELETE", "/box/x", ["If-Match": etag.quoted])?.status == 204)
      #expect(gateway.store.keys("box") == [])
      #expect(await gateway.client.send("DELETE", "/box/", ["If-Match": etag.quoted])?.status == 400)
    }
  }

  @Test func `a search returns matches and whether they were truncated`() async throws {
    try await LiveGateway.with { gateway in
      for key in ["a/report.csv", "b/Report.txt", "c/other"] as [ObjectKey] { gateway.store.put("box", key, "x") }
      let found = try #require(await gateway.client.send("GET", "/box/?q=report&json"))
      #expect(found.body.contains(#""matches":["#) && found.body.contains(#"],"truncated":false}"#))
      #expect(found.body.contains("a/report.csv") && found.body.contains("b/Report.txt"))
      let lines = await gateway.client.send("GET", "/box/?q=report", ["Accept": "application/x-ndjson"])
      #expect(lines?.body.contains("b/Report.txt") == true)
    }
  }

  @Test func `the gateway reports that it is ready, and where S3 is`() async throws {
    try await LiveGateway.with { gateway in
      #expect(await gateway.client.send("GET", "/-/ready")?.body == "ready\n")
      let health = await gateway.client.send("GET", "/-/health")
      #expect(health?.body.contains(#""endpointURL":"#) == true && health?.body.contains(#""region":"#) == true)
    }
  }
}
