import S3
import Testing

@testable import States

struct ScopeTests {
  @Test("Scopes are narrowed to the common prefix of all patterns, and buckets have no suffix in them")
  func scopes() {
    let scope = Scope(["orders/out/a*", "orders/out/b/"], suffix: "-w1")
    #expect(scope.includes("orders-w1"))
    #expect(scope.prefix(in: "orders-w1") == "out/")
    #expect(scope.includes("orders-w1", "out/b/x"))
    #expect(!scope.includes("orders-w1", "out/c"))
    #expect(Scope.below("a[1]*/", of: "data").includes("data", "a[1]*/x"))
    #expect(!Scope.below("a[1]*/", of: "data").includes("data", "a1x/x"))
  }
}
