import S3
import TestSupport
import Testing

@testable import Core

@Suite("Other clients on this machine: pending files are saved for them, and their reported changes are shown")
struct OtherClientsTests {
  let world = World { $0.ttl = .seconds(3600) }

  private func path(_ key: String) -> ObjectPath { ObjectPath(bucket: "bucket", key: ObjectKey(key)) }

  private func wrote(_ key: String, _ text: String) throws -> ReportedChange {
    world.memory.put("bucket", ObjectKey(key), text)
    let head = try #require(world.memory.head("bucket", ObjectKey(key)))
    return .wrote(path(key), size: head.size, etag: head.etag, modified: head.lastModified)
  }

  @Test("a reported change is shown at once, and learning it costs no request")
  func learns() async throws {
    for key in ["a", "d/e/f", "keep/x"] { world.memory.put("bucket", ObjectKey(key), key) }
    #expect(try await world.names("bucket") == ["a", "d", "keep"])
    #expect(try await world.names("bucket/d/e") == ["f"])
    let written = [try wrote("a", "other"), try wrote("new/deep/b", "b")]
    world.memory.remove("bucket", "d/e/f")
    let cost = try await world.requests {
      await world.fileSystem.otherClients.learn(written + [.deleted(path("d/e/f"))])
    }
    #expect(cost.isEmpty)
    #expect(try await world.names("bucket") == ["a", "keep", "new"])
    #expect(try await world.names("bucket/new/deep") == ["b"])
    #expect(try await world.read("bucket/a") == "other")
    try await world.memory.createBucket("second")
    #expect(try await world.names("") == ["bucket"])
    await world.fileSystem.otherClients.learn([.madeBucket("second")])
    #expect(try await world.names("") == ["bucket", "second"])
  }

  @Test("after a reported write the headers are fetched again, even for the same ETag")
  func headers() async throws {
    world.memory.put("bucket", "a", "x")
    _ = try await world.find("bucket/a")
    let head = try await world.fileSystem.knowledge.head(of: path("a").reference)
    #expect(head.properties.contentLanguage == nil)
    var properties = head.properties
    properties.contentLanguage = "en"
    world.memory.put("bucket", "a", Array("x".utf8), properties: properties)
    await world.fileSystem.otherClients.learn([
      .wrote(path("a"), size: 1, etag: head.etag, modified: try #require(world.memory.head("bucket", "a")).lastModified)
    ])
    #expect(try await world.fileSystem.knowledge.head(of: path("a").reference).properties.contentLanguage == "en")
  }

  @Test("saveAll saves open files on request, and returns the refused files of the named buckets")
  func saves() async throws {
    let file = try await world.fileSystem.files.create(
      "open", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller
    ).file.handle
    _ = try await world.fileSystem.files.write(Array("hello".utf8), at: 0, to: file)
    #expect(await world.fileSystem.otherClients.saveAll(in: nil, openFiles: false).isEmpty)
    #expect(world.memory.keys("bucket") == [])
    #expect(await world.fileSystem.otherClients.saveAll(in: ["bucket"], openFiles: true).isEmpty)
    #expect(world.memory.text("bucket", "open") == "hello")

    world.faults.fail(.putObject)
    _ = try await world.fileSystem.files.write(Array("again".utf8), at: 0, to: file)
    #expect(await world.fileSystem.otherClients.saveAll(in: ["other"], openFiles: true).isEmpty)
    let unsaved = await world.fileSystem.otherClients.saveAll(in: ["bucket"], openFiles: true)
    #expect(unsaved.map(\.path) == [path("open")])
    #expect(world.memory.text("bucket", "open") == "hello")
    world.faults.heal()
    #expect(await world.fileSystem.otherClients.saveAll(in: nil, openFiles: false).isEmpty)
    #expect(world.memory.text("bucket", "open") == "again")
  }
}
