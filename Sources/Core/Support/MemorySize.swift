import S3

// The memory of names and headers, for the limits of their caches: estimates of what the allocator uses, rather too
// high than too low.

extension String {
  /// The memory beside the 16 bytes of the value itself: longer texts have an allocation of their own, with a header,
  /// in steps of 16.
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

/// The memory of an object beside its members: its type, its reference count, and the allocator's header.
let objectOverhead = 32

/// Returns the size of an entry of a dictionary: its table is usually between half and three quarters full.
func hashTableBytes<Key, Value>(of key: Key.Type, _ value: Value.Type) -> Int {
  (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride) * 2
}
