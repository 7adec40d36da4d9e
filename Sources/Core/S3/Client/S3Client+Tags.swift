extension S3Client {
  public func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag] {
    var request = S3Request("GetObjectTagging", .get, reference)
    request.ask("tagging")
    let root = try await sendForXML(request, root: "Tagging")
    return root.children.first { $0.name == "TagSet" }?.all("Tag").compactMap { tag in
      tag["Key"].map { Tag(key: $0, value: tag["Value"] ?? "") }
    } ?? []
  }

  public func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error) {
    var request = S3Request(
      tags.isEmpty ? "DeleteObjectTagging" : "PutObjectTagging", tags.isEmpty ? .delete : .put, reference)
    request.ask("tagging")
    if !tags.isEmpty {
      request.setDocument(
        XMLWriter.document("Tagging") { writer in
          writer.element("TagSet") { set in
            for tag in tags {
              set.element("Tag") {
                $0.element("Key", tag.key)
                $0.element("Value", tag.value)
              }
            }
          }
        })
    }
    _ = try await send(request)
  }
}
