extension S3Client {
  public func region(of bucket: String) async throws(S3Error) -> String {
    var request = S3Request("GetBucketLocation", .get, bucket: bucket)
    request.ask("location")
    let region = try await sendForXML(request, root: "LocationConstraint").text
    // The names of the two oldest regions.
    return region.isEmpty ? "us-east-1" : region == "EU" ? "eu-west-1" : region
  }

  public func isVersioned(_ bucket: String) async throws(S3Error) -> Bool {
    var request = S3Request("GetBucketVersioning", .get, bucket: bucket)
    request.ask("versioning")
    return try await sendForXML(request, root: "VersioningConfiguration")["Status"] == "Enabled"
  }

  public func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error) {
    var request = S3Request("PutBucketVersioning", .put, bucket: bucket)
    request.ask("versioning")
    request.setDocument(
      XMLWriter.document("VersioningConfiguration") { $0.element("Status", versioned ? "Enabled" : "Suspended") })
    _ = try await send(request)
  }

  public func notifications(of bucket: String) async throws(S3Error) -> [UInt8]? {
    var request = S3Request("GetBucketNotificationConfiguration", .get, bucket: bucket)
    request.ask("notification")
    let response = try await send(request)
    let root = try decode(response, root: "NotificationConfiguration", of: request)
    return root.children.isEmpty ? nil : response.body
  }

  public func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error) {
    var request = S3Request("PutBucketNotificationConfiguration", .put, bucket: bucket)
    request.ask("notification")
    request.setDocument(document ?? XMLWriter.document("NotificationConfiguration") { _ in })
    // The configuration was valid when it was read: a queue that is gone meanwhile must not keep it from being put back.
    request.set("x-amz-skip-destination-validation", "true")
    _ = try await send(request)
  }
}
