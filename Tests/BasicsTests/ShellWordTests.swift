import Testing

@testable import Basics

struct ShellWordTests {
  @Test func `a word is quoted only where a shell needs it`() {
    #expect(ShellWord.quoted("/mnt/s3-1_a.b") == "/mnt/s3-1_a.b")
    #expect(ShellWord.quoted("/a b") == "'/a b'")
    #expect(ShellWord.quoted("it's") == #"'it'\''s'"#)
    #expect(ShellWord.quoted("~/a") == "'~/a'")
    #expect(ShellWord.quoted("") == "''")
    #expect(ShellWord.quoted("/é") == "/é")
  }
}
