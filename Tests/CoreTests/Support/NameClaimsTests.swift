import S3
import Testing

@testable import Core

struct NameClaimsTests {
  private let claims = NameClaims()
  private let path = ObjectPath(bucket: "bucket", key: "dir/")

  // Found by the stress test: many who waited at once took each other for those who have the name, and went on for ever.
  @Test func `who only waits is seen by nobody`() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await claims.free([path])
          return claims.isClaimed([path])
        }
      }
      for await isClaimed in group { #expect(!isClaimed) }
    }
    await claims.claim([path]) { _ in #expect(claims.isClaimed([path])) }
    #expect(!claims.isClaimed([path]))
  }

  @Test func `who waits is let go when the name is free`() async {
    let waiter = await claims.claim([path]) { _ in
      let waiter = Task { await claims.free([ObjectPath(bucket: "bucket", key: "dir/file")]) }
      for _ in 0..<50 { await Task.yield() }
      return waiter
    }
    await waiter.value
    #expect(!claims.isClaimed([path]))
  }
}
