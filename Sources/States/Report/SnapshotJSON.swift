package import Basics
import Glibc

// JSON of snapshots, and of the changes of a restore.

extension SnapshotStore.Summary {
  package var json: JSONValue {
    .object([
      "name": .string(name), "created": .string(time), "endpoint": .string(endpoint), "buckets": .int(buckets),
      "objects": .int(objects), "bytes": .int(bytes),
    ])
  }

  /// ISO 8601, UTC.
  package var time: String {
    var time = time_t(created)
    var parts = tm()
    gmtime_r(&time, &parts)
    var buffer = [CChar](repeating: 0, count: 40)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension SnapshotStore {
  /// Returns `{"schemaVersion": 1, "snapshots": […]}`.
  package static func json(_ summaries: [Summary]) -> JSONValue {
    .object(["schemaVersion": .int(DifferenceReport.schemaVersion), "snapshots": .array(summaries.map(\.json))])
  }
}

extension SnapshotSaver.Outcome {
  package func json(_ name: String) -> JSONValue {
    .object([
      "schemaVersion": .int(DifferenceReport.schemaVersion), "name": .string(name), "buckets": .int(buckets),
      "objects": .int(objects), "fetched": .int(fetched),
    ])
  }
}

extension Layout.Outcome {
  /// Returns the changes made, or those that a dry run would make.
  package func json(_ name: String, isPreview: Bool) -> JSONValue {
    func change(_ action: String, _ uri: String) -> JSONValue {
      .object(["action": .string(action), "uri": .string(uri)])
    }
    let changes =
      plan.newBuckets.map { change("make", "s3://\($0)") }
      + plan.puts.map { change("put", "s3://\($0.bucket)/\($0.item.key)") }
      + plan.fixes.map { change("restore", "s3://\($0.bucket)/\($0.item.key)") }
      + plan.deletes.sorted { $0.key < $1.key }.flatMap { bucket, keys in
        keys.map { change("delete", "s3://\(bucket)/\($0)") }
      }
    return .object([
      "schemaVersion": .int(DifferenceReport.schemaVersion), "name": .string(name), "preview": .bool(isPreview),
      "summary": .object([
        "made": .int(plan.newBuckets.count), "put": .int(plan.puts.count), "restored": .int(plan.fixes.count),
        "deleted": .int(plan.deleteCount), "kept": .int(plan.kept), "untouched": .int(plan.untouched),
      ]),
      "changes": .array(changes), "state": .optional(fingerprint),
    ])
  }
}
