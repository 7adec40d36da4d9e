import S3
import Testing

@testable import Core

struct NameClaimsTests {
  private let claims = NameClaims()
  private let path = ObjectPath(bucket: "bucket", key: "dir/")

  // Regression, found by the stress test: concurrent waiters took each other for owners of the name, without end.
  @Test func `a waiter does not count as an owner of the name`() async {
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

  @Test func `a waiter continues when the name is free`() async {
    let waiter = await claims.claim([path]) { _ in
      let waiter = Task { await claims.free([ObjectPath(bucket: "bucket", key: "dir/file")]) }
      for _ in 0..<50 { await Task.yield() }
      return waiter
    }
    await waiter.value
    #expect(!claims.isClaimed([path]))
  }
}
