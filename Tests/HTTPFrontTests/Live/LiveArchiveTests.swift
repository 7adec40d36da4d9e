import Archive
import Core
import Glibc
import HTTPFront
import TestSupport
import Testing

/// Archives over a real socket.
@Suite(.serialized) struct LiveArchiveTests {
  private static func archive(_ format: ArchiveFormat, _ files: [(String, [UInt8])]) async throws -> [UInt8] {
    let writer = try ArchiveWriter(format)
    var bytes: [UInt8] = []
    for (name, contents) in files {
      bytes += try await writer.begin(
        name, size: Int64(contents.count), modifiedSeconds: 0, isDirectory: name.hasSuffix("/"))
      if !contents.isEmpty { bytes += try await writer.write(contents[...]) }
    }
    return bytes + (try await writer.finish())
  }

  private static func read(_ bytes: [UInt8], _ format: ArchiveFormat) throws -> [String: Int] {
    var template = Array("/tmp/archive-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    defer { close(descriptor) }
    unlink(template)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    let reader = try ArchiveReader(descriptor: descriptor, format: format)
    var found: [String: Int] = [:]
    while let entry = try reader.next() {
      var count = 0
      while let piece = try reader.read() { count += piece.count }
      found[entry.name ?? "?"] = count
    }
    return found
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `a directory is downloaded as an archive`(format: ArchiveFormat) async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "d/山.txt", "1")
      gateway.store.put("box", "d/large", Array(repeating: 65, count: 3_000_000))
      gateway.store.put("box", "d/empty/")
      gateway.store.put("box", "d/../up", "22")
      gateway.store.put("box", "other", "not this")
      let answer = try #require(await gateway.client.send("GET", "/box/d/?\(format.rawValue)"))
      #expect(answer.status == 200 && answer.head.contains("filename=\"d.\(format.rawValue)\""))
      let found = try Self.read(answer.contents, format)
      #expect(found == ["山.txt": 1, "large": 3_000_000, "empty/": 0, "．．/up": 2])
    }
  }

  @Test func `only the chosen names are in the archive`() async throws {
    try await LiveGateway.with { gateway in
      for key in ["a", "b", "d/x", "d/y"] as [ObjectKey] { gateway.store.put("box", key, "1") }
      let answer = try #require(await gateway.client.send("POST", "/box/?zip", body: #"["a","d"]"#))
      #expect(Set(try Self.read(answer.contents, .zip).keys) == ["a", "d/x", "d/y"])
      #expect(await gateway.client.send("POST", "/box/?zip", body: #"["none"]"#)?.status == 404)
      #expect(await gateway.client.send("POST", "/box/?zip", body: "[]")?.status == 400)
      #expect(await gateway.client.send("GET", "/box/a?zip")?.status == 409)
    }
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `an uploaded archive is unpacked below its directory, and nowhere else`(format: ArchiveFormat) async throws {
    try await LiveGateway.with { gateway in
      let bytes = try await Self.archive(
        format, [("山/a.txt", [1, 2]), ("dir/", []), ("../evil", [1]), ("/abs", [1]), ("ok", [3]), ("ok", [4])])
      let answer = try #require(await gateway.client.send("POST", "/box/in/?un\(format.rawValue)", bytes: bytes))
      // An entry was refused, so curl -f must fail.
      #expect(answer.status == 422)
      #expect(gateway.store.keys("box") == ["in/dir/", "in/ok", "in/山/a.txt"])
      #expect(gateway.store.bytes("box", "in/ok") == [3])
      #expect(answer.body.contains(#""written":["/box/in/山/a.txt","/box/in/dir/","/box/in/ok"]"#))
      #expect(answer.body.contains(#"{"name":"../evil","why":"#) && answer.body.contains("names it twice"))
    }
  }

  @Test func `existing objects can be kept`() async throws {
    try await LiveGateway.with { gateway in
      gateway.store.put("box", "old", "old")
      let bytes = try await Self.archive(.zip, [("old", [1]), ("new", [1])])
      let answer = await gateway.client.send("POST", "/box/?unzip", ["If-None-Match": "*"], bytes: bytes)
      #expect(answer?.status == 200 && gateway.store.text("box", "old") == "old")
      #expect(answer?.body.contains(#""written":["/box/new"],"refused":[],"kept":["old"]"#) == true)
      #expect(gateway.store.keys("box") == ["new", "old"])
    }
  }

  @Test func `an archive bomb, half an archive and other bytes store nothing`() async throws {
    try await LiveGateway.with(options: .changed { $0.unpackLimits.harmless = 1 << 20 }) { gateway in
      let bomb = try await Self.archive(.zip, [("first", [1]), ("zeros", Array(repeating: 0, count: 8 << 20))])
      #expect(await gateway.client.send("POST", "/box/?unzip", bytes: bomb)?.status == 413)
      let whole = try await Self.archive(.tar, [("first", [1]), ("a", Array(repeating: 65, count: 100_000))])
      #expect(await gateway.client.send("POST", "/box/?untar", bytes: Array(whole.prefix(50_000)))?.status == 400)
      #expect(await gateway.client.send("POST", "/box/?unzip", body: "rubbish")?.status == 400)
      #expect(await gateway.client.send("POST", "/none/?unzip", body: "rubbish")?.status == 404)
      #expect(gateway.store.keys("box") == [])
    }
  }

  @Test func `other sites cannot unpack here`() async throws {
    try await LiveGateway.with { gateway in
      let bytes = try await Self.archive(.zip, [("a", [1])])
      let fields = ["Origin": "http://evil.example"]
      #expect(await gateway.client.send("POST", "/box/?unzip", fields, bytes: bytes)?.status == 403)
    }
  }
}
