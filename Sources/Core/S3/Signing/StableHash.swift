/// 64 bits of the SHA-256 of a name, the same in every process.
package enum StableHash {
  package static func of(_ name: [UInt8]) -> UInt64 {
    Digest.sha256(name).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
