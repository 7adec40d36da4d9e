import Glibc
import Testing

@testable import FuseFront

struct FusePrerequisitesTests {
  private func failure(_ found: FusePrerequisites, allowOther: Bool = false) -> FuseMountError? {
    var options = FuseOptions()
    options.allowOther = allowOther
    do throws(FuseMountError) {
      try found.check(options)
      return nil
    } catch {
      return error
    }
  }

  @Test func `nothing is missing on a complete system`() {
    #expect(failure(FusePrerequisites()) == nil)
    #expect(failure(FusePrerequisites(isRoot: false)) == nil)
  }

  @Test func `a missing and a forbidden device have different messages, which advise HTTP`() throws {
    let missing = try #require(failure(FusePrerequisites(deviceFailure: ENOENT)))
    let forbidden = try #require(failure(FusePrerequisites(deviceFailure: EPERM)))
    #expect(missing.reason == .deviceMissing)
    #expect(forbidden.reason == .deviceNotPermitted)
    for error in [missing, forbidden] {
      #expect(error.description.contains("--http"))
      #expect(error.description.contains("--device /dev/fuse"))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func `fusermount3 is needed only without root`() {
    #expect(failure(FusePrerequisites(isRoot: false, hasFusermount: false))?.reason == .fusermountMissing)
    #expect(failure(FusePrerequisites(isRoot: true, hasFusermount: false)) == nil)
  }

  @Test func `allow_other without root needs the line in fuse.conf`() {
    let without = FusePrerequisites(isRoot: false, configuration: "#user_allow_other\n")
    let with = FusePrerequisites(isRoot: false, configuration: "mount_max = 9\n user_allow_other \n")
    let error = failure(without, allowOther: true)
    #expect(error?.reason == .allowOtherNotPermitted)
    #expect(error?.description.contains("`user_allow_other`") == true)
    #expect(failure(FusePrerequisites(isRoot: false), allowOther: true)?.reason == .allowOtherNotPermitted)
    #expect(failure(with, allowOther: true) == nil)
    #expect(failure(FusePrerequisites(isRoot: true), allowOther: true) == nil)
    #expect(failure(without) == nil)
  }

  @Test(arguments: [
    ("user_allow_other", true), ("a\nuser_allow_other\r\n", true), ("\tuser_allow_other", true),
    ("# user_allow_other", false), ("user_allow_other = yes", false), ("user_allow_others", false), ("", false),
  ])
  func `only a line of its own in fuse.conf permits allow_other`(text: String, permits: Bool) {
    #expect(FusePrerequisites.permitsAllowOther(text) == permits)
  }
}
