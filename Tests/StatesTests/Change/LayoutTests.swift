import Glibc
import S3
import TestSupport
import Testing

@testable import States

@Suite("Seed and reset")
struct LayoutTests {
  private func world(_ count: Int = 3) throws -> StateWorld {
    let world = StateWorld()
    for index in 0..<count { try world.write("fx/orders/in/\(index).csv", "id\n\(index)\n") }
    return world
  }

  @Test("A seed creates the bucket and missing objects, and costs 1 LIST and a PUT for each object")
  func seed() async throws {
    let world = try world(30)
    let outcome = try await world.layOut("fx")
    #expect(outcome.plan.puts.count == 30)
    #expect(world.store.counts == [.listObjects: 1, .createBucket: 1, .putObject: 30])
    #expect(world.base.text("orders", "in/7.csv") == "id\n7\n")
    #expect(world.base.head("orders", "in/7.csv")?.properties.contentType == "text/csv")
  }

  @Test("A repeated seed costs 1 LIST once the second in which objects were written is over")
  func seedAgain() async throws {
    let world = try world(30)
    try await world.layOut("fx")
    world.store.reset()
    // Within the second: another client could have changed the headers, and the listing would be the same.
    try await world.layOut("fx")
    #expect(world.store.counts == [.listObjects: 1, .headObject: 30])
    world.pass()
    world.store.reset()
    let outcome = try await world.layOut("fx")
    #expect(outcome.plan.isEmpty && outcome.plan.untouched == 30)
    #expect(world.store.counts == [.listObjects: 1, .headObject: 30])
    world.store.reset()
    try await world.layOut("fx")
    #expect(world.store.counts == [.listObjects: 1])
  }

  @Test("A seed leaves objects that are not in the directory; a reset and seed --delete delete them")
  func extra() async throws {
    let world = try world()
    world.base.put("orders", "other", "x")
    world.base.put("orders", "logs/kept", "x")
    try await world.layOut("fx")
    #expect(world.base.keys("orders")?.count == 5)
    try await world.layOut("fx", deletes: true) { $0.keep(matching: ["orders/logs/**"]) }
    #expect(world.base.keys("orders") == ["in/0.csv", "in/1.csv", "in/2.csv", "logs/kept"])
  }

  @Test("A reset of many objects with few differences costs LISTs, their PUTs and one DeleteObjects")
  func economy() async throws {
    let world = try world(2500)
    try await world.layOut("fx")
    world.pass()
    try await world.layOut("fx")
    world.pass()
    world.base.put("orders", "in/1.csv", "changed")
    world.base.put("orders", "in/2.csv", "id\nX\n")
    world.base.put("orders", "extra/1", "x")
    world.base.put("orders", "extra/2", "x")
    world.base.remove("orders", "in/3.csv")
    world.store.reset()
    let outcome = try await world.layOut("fx", deletes: true)
    #expect(outcome.plan.puts.count == 3 && outcome.plan.deleteCount == 2 && outcome.plan.untouched == 2497)
    #expect(world.store.counts == [.listObjects: 3, .putObject: 3, .deleteObjects: 1])
    #expect(outcome.summary == "1 bucket: 3 put, 2 deleted, 2,497 untouched")
  }

  @Test("Headers, metadata and tags are restored without sending the bytes")
  func properties() async throws {
    let world = try world()
    try world.write("fx/orders/in/1.csv@s3", #"{"metadata": {"run": "é"}, "headers": {"Cache-Control": "no-store"}}"#)
    try world.write("fx/orders/@s3", #"{"defaults": [{"match": "*.csv", "tags": {"stage": "raw"}}]}"#)
    try await world.layOut("fx")
    let head = try #require(world.base.head("orders", "in/1.csv"))
    #expect(head.properties.userMetadata == ["run": "é"] && head.properties.cacheControl == "no-store")
    #expect(world.base.tags("orders", "in/0.csv") == [S3.Tag(key: "stage", value: "raw")])
    world.pass()
    world.base.tag("orders", "in/0.csv", [])
    world.base.put("orders", "in/1.csv", "id\n1\n", properties: ObjectProperties(contentType: "text/html"))
    world.store.reset()
    let outcome = try await world.layOut("fx", deletes: true)
    #expect(outcome.plan.fixes.count == 2 && outcome.plan.puts.isEmpty)
    #expect(world.store.count(.putObject) == 0 && world.store.count(.copyObject) == 1)
    #expect(try await world.letters("fx", isThorough: true).isEmpty)
  }

  @Test("A difference of the same size, or in the same second, is found")
  func sameSize() async throws {
    let world = try world()
    try await world.layOut("fx")
    world.base.put("orders", "in/1.csv", "id\nX\n")
    world.base.put("orders", "in/2.csv", "id\n2\n", properties: ObjectProperties(userMetadata: ["a": "b"]))
    #expect(try await world.letters("fx") == ["M orders/in/1.csv", "U orders/in/2.csv"])
  }

  @Test(
    "A pattern of --keep is read like one of --only, and also as a pattern of keys",
    arguments: [
      "orders": "logs/ logs/a logs/b/c x@y", "orders/": "logs/ logs/a logs/b/c x@y",
      "s3://orders": "logs/ logs/a logs/b/c x@y",
      "s3://orders/**": "logs/ logs/a logs/b/c x@y", "o*/logs/": "logs/ logs/a logs/b/c", "orders/logs": "",
      "**/c": "logs/b/c", "logs/": "logs/ logs/a logs/b/c", "x*": "x@y", "other": "",
    ])
  func keeps(pattern: String, kept: String) async throws {
    let world = try world(1)
    for key in ["logs/", "logs/a", "logs/b/c", "x@y"] { world.base.put("orders", ObjectKey(key), "1") }
    try await world.layOut("fx", deletes: true) { $0.keep(matching: [pattern]) }
    let left = try await EndpointReader(world.session()).state(of: ["orders"]).buckets["orders"]?.items.map(
      \.key.string)
    #expect(left == ["in/0.csv"] + kept.split(separator: " ").map(String.init))
  }

  @Test("A pattern of --keep names buckets without their suffix, like one of --only")
  func keepsWithSuffix() async throws {
    let world = StateWorld()
    try world.write("fx/orders-w1/a", "1")
    world.base.put("orders-w1", "logs/a", "1")
    let outcome = try await world.layOut("fx", deletes: true) { $0.keep(matching: ["orders/logs/"], suffix: "-w1") }
    #expect(outcome.plan.kept == 1 && outcome.plan.deleteCount == 0)
  }

  @Test("With a server whose ETags are not MD5s, bytes are compared")
  func opaqueETags() async throws {
    let world = StateWorld(behaviour: InMemoryStore.Behaviour())
    try world.write("fx/orders/a", "one")
    try world.write("fx/orders/b", "two")
    try await world.layOut("fx")
    world.pass()
    #expect(try await world.layOut("fx").plan.isEmpty)
    world.base.put("orders", "b", "TWO")
    #expect(try await world.letters("fx") == ["M orders/b"])
    // Another client's object, of which nothing is remembered.
    world.base.put("orders", "a", "one")
    #expect(try await world.letters("fx") == ["M orders/b"])
  }

  @Test("An interrupted run is completed by the next", arguments: 1...12)
  func interrupted(call: Int) async throws {
    let world = try world(4)
    world.base.put("orders", "extra", "x")
    world.base.put("orders", "in/1.csv", "changed")
    let faulty = FaultyStore(world.store)
    faulty.fail(nil, call: call, with: .connectionFailed, when: call.isMultiple(of: 2) ? .after : .before)
    let session = Session(store: faulty, endpoint: "memory", cache: try world.cache)
    var options = Layout.Options()
    options.deletesExtra = true
    _ = try? await Layout(session, options).run(UnreadState(try world.state("fx", session)))
    session.save()
    try await world.layOut("fx", deletes: true)
    #expect(try await world.letters("fx", isThorough: true).isEmpty)
  }

  @Test("S3 is listed while the directory is read")
  func listedMeanwhile() async throws {
    let world = try world()
    let session = try world.session()
    let state = try world.state("fx", session)
    let limit = ContinuousClock.now + .seconds(60)
    let unread = UnreadState(buckets: ["orders"], label: "fx") { [store = world.store] _ throws(StateFailure) in
      while store.count(.listObjects) == 0, ContinuousClock.now < limit { sched_yield() }
      guard store.count(.listObjects) == 1 else { throw StateFailure(.trouble, "nothing was listed") }
      return state
    }
    let outcome = try await Layout(session, Layout.Options()).run(unread)
    #expect(outcome.plan.puts.count == 3)
  }

  @Test("A directory that cannot be read changes nothing, and is reported before what S3 answers")
  func unreadable() async throws {
    let world = try world()
    world.base.put("orders", "extra", "x")
    try world.write("fx/orders/in/1.csv@s3", "{")
    let faulty = FaultyStore(world.store)
    faulty.fail(.listObjects, call: 1)
    let session = Session(store: faulty, endpoint: "memory", cache: try world.cache)
    var options = Layout.Options()
    options.deletesExtra = true
    for withoutEvents in [false, true] {
      options.withoutEvents = withoutEvents
      let failure = await #expect(throws: StateFailure.self) {
        let unread = try DirectoryReader.open("\(world.directory)/fx", hashes: session.hashes)
        _ = try await Layout(session, options).run(unread)
      }
      #expect(failure?.message.contains("1.csv@s3") == true)
    }
    #expect(Set(world.store.counts.keys).isSubset(of: [.listObjects]))
  }

  @Test("A listing that fails halfway deletes nothing")
  func halfListing() async throws {
    let world = try world(1)
    for index in 0..<2500 { world.base.put("orders", ObjectKey("extra/\(index)"), "x") }
    let faulty = FaultyStore(world.store)
    faulty.fail(.listObjects, call: 2)
    let session = Session(store: faulty, endpoint: "memory", cache: try world.cache)
    var options = Layout.Options()
    options.deletesExtra = true
    await #expect(throws: StateFailure.self) {
      try await Layout(session, options).run(UnreadState(try world.state("fx", session)))
    }
    #expect(world.base.keys("orders")?.count == 2500)
    #expect(world.store.count(.deleteObjects) == 0 && world.store.count(.putObject) == 0)
  }

  @Test("A dry run changes nothing")
  func dryRun() async throws {
    let world = try world()
    world.base.put("orders", "extra", "x")
    let outcome = try await world.layOut("fx", deletes: true) { $0.isDryRun = true }
    #expect(outcome.plan.lines.count == 4 && outcome.plan.lines.last == "delete  s3://orders/extra")
    #expect(world.store.counts == [.listObjects: 1])
  }

  @Test(
    "The changes of a dry run are made, or nothing if anything has changed since",
    arguments: [
      "nothing", "new object", "other bytes of one that is replaced", "other bytes of one that is deleted", "tag",
      "tag of one that is replaced", "tag of one that is deleted",
      "metadata of one that is replaced, in the same second",
    ])
  func onlyWhatADryRunFound(change: String) async throws {
    let world = try world()
    world.base.put("orders", "extra", "x")
    world.base.put("orders", "in/1.csv", "other")
    world.base.put("orders", "in/2.csv", "id\n2\n", properties: ObjectProperties(contentType: "text/csv"))
    let reference = ObjectReference(bucket: "orders", key: "in/2.csv")
    try await world.base.setTags([Tag(key: "a", value: "1")], of: reference)
    let found = try await world.layOut("fx", deletes: true) {
      $0.isDryRun = true
      $0.takesFingerprint = true
    }.fingerprint
    switch change {
    case "new object": world.base.put("orders", "later", "x")
    case "other bytes of one that is replaced": world.base.put("orders", "in/1.csv", "again")
    case "other bytes of one that is deleted": world.base.put("orders", "extra", "y")
    case "tag": try await world.base.setTags([Tag(key: "a", value: "2")], of: reference)
    case "tag of one that is replaced": world.base.tag("orders", "in/1.csv", [Tag(key: "a", value: "2")])
    case "tag of one that is deleted": world.base.tag("orders", "extra", [Tag(key: "a", value: "2")])
    case "metadata of one that is replaced, in the same second":
      world.base.put("orders", "in/1.csv", "other", properties: ObjectProperties(contentType: "text/other"))
    default: #expect(change == "nothing")
    }
    let keys = world.base.keys("orders")
    if change == "nothing" {
      try await world.layOut("fx", deletes: true) { $0.fingerprint = found }
      #expect(world.base.keys("orders") == ["in/0.csv", "in/1.csv", "in/2.csv"])
    } else {
      await #expect { try await world.layOut("fx", deletes: true) { $0.fingerprint = found } } throws: { error in
        (error as? StateFailure)?.isOutdated == true
      }
      #expect(world.base.keys("orders") == keys)
    }
  }

  @Test("Old versions are purged, and versioning is set only where it is stated")
  func versions() async throws {
    let world = try world()
    try world.write("fx/orders/@s3", #"{"versioning": true}"#)
    try await world.layOut("fx")
    #expect(try await world.base.isVersioned("orders"))
    let other = try self.world()
    try await other.layOut("fx")
    #expect(other.store.count(.getBucketVersioning) == 0)
  }

  @Test("Event notifications are removed and restored, also after a killed run")
  func events() async throws {
    let world = try world()
    try await world.layOut("fx")
    let document = Array("<NotificationConfiguration><X/></NotificationConfiguration>".utf8)
    try await world.base.setNotifications(document, of: "orders")
    try world.write("fx/orders/in/new", "x")
    world.store.reset()
    try await world.layOut("fx") { $0.withoutEvents = true }
    let calls = world.store.calls.map(\.operation)
    let put = try #require(calls.firstIndex(of: .putObject))
    #expect(calls[..<put].contains(.putBucketNotifications) && calls[put...].contains(.putBucketNotifications))
    #expect(try await world.base.notifications(of: "orders") == document)
    // Killed between: the document is on disk, and S3 has none.
    let events = EventsOff(world.base, endpoint: "memory", in: try world.cache)
    try await events.putAside(["orders"])
    #expect(try await world.base.notifications(of: "orders") == nil)
    try await events.recover()
    #expect(try await world.base.notifications(of: "orders") == document)
  }

  @Test("A large file is uploaded in parts, and recognised by their ETag")
  func multipart() async throws {
    let world = StateWorld()
    try world.write("fx/orders/big", String(repeating: "0123456789abcdef", count: 4 << 20 + 1))
    try await world.layOut("fx")
    #expect(world.store.count(.uploadPart) > 1 && world.base.uploadsInProgress == 0)
    world.pass()
    #expect(try await world.layOut("fx").plan.isEmpty)
  }
}
