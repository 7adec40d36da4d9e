import Testing

@testable import S3

@Suite("Versions, against a real server", .live)
struct VersionsLiveTests {
  @Test("versions and delete markers are listed, page by page, read and deleted")
  func versions() async throws {
    try await LiveServer.withBucket { client, bucket in
      var enable = S3Request("PutBucketVersioning", .put, bucket: bucket)
      enable.ask("versioning")
      enable.setDocument(XMLWriter.document("VersioningConfiguration") { $0.element("Status", "Enabled") })
      _ = try await client.send(enable)

      let reference = ObjectReference(bucket: bucket, key: "dir/v 1+")
      let first = try #require(try await client.put(reference, "first").versionID)
      let second = try #require(try await client.put(reference, "second").versionID)
      try await client.deleteObject(reference, versionID: nil)

      let page = try await client.listVersions(bucket: bucket, prefix: "dir/", keyMarker: nil, versionMarker: nil)
      #expect(page.versions.map(\.key) == [reference.key, reference.key, reference.key])
      #expect(page.versions.map(\.isDeleteMarker).count { $0 } == 1)
      #expect(page.versions.first { $0.isLatest }?.isDeleteMarker == true)
      #expect(Set(page.versions.filter { !$0.isDeleteMarker }.map(\.versionID)) == [first, second])
      #expect(page.versions.first { $0.versionID == second }?.size == 6)

      #expect(await failure { _ = try await client.read(reference) }?.code == .noSuchKey)
      let sink = CollectingSink()
      let head = try await client.getObject(reference, range: nil, conditions: .none, versionID: first, into: sink)
      #expect(sink.text == "first")
      #expect(head.versionID == first)
      let marker = try #require(page.versions.first { $0.isDeleteMarker })
      let ofMarker = await failure {
        _ = try await client.headObject(reference, conditions: .none, versionID: marker.versionID)
      }
      #expect(ofMarker?.code == .noSuchKey)

      for version in page.versions { try await client.deleteObject(reference, versionID: version.versionID) }
      let rest = try await client.listVersions(bucket: bucket, prefix: "", keyMarker: nil, versionMarker: nil)
      #expect(rest.versions == [])
    }
  }
}
