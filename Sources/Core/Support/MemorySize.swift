import S3

// What names and headers take in memory, for the caps that hold them: estimates of what the allocator gives out, rather
// too high than too low.

extension String {
  /// Beside the 16 bytes of the value itself: longer texts have a place of their own, with a head, in steps of 16.
  var heapBytes: Int { utf8.count <= 15 ? 0 : (utf8.count + 33 + 15) & ~15 }
}

extension ObjectKey {
  var heapBytes: Int { string.heapBytes }
}

extension ObjectReference {
  /// The bucket's name is shared.
  var heapBytes: Int { key.heapBytes }
}

extension ObjectHead {
  var heapBytes: Int {
    let own = StoredHeader.all.reduce(etag.value.heapBytes + (versionID?.heapBytes ?? 0)) {
      $0 + (properties[keyPath: $1.value]?.heapBytes ?? 0)
    }
    return properties.userMetadata.reduce(own + hashTableBytes(of: String.self, String.self) * 2) {
      $0 + hashTableBytes(of: String.self, String.self) + $1.key.heapBytes + $1.value.heapBytes
    }
  }
}

/// An entry of a dictionary: its table is between half and three quarters full as a rule.
func hashTableBytes<Key, Value>(of key: Key.Type, _ value: Value.Type) -> Int {
  (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride) * 2
}
