import Basics
import Glibc
import Testing

@Suite("Private directories")
struct PrivateDirectoryTests {
  private let top = "/tmp/localstackmount-private-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  private func failure(_ path: String, closes: Bool = false) -> PrivateDirectory.Failure? {
    do throws(PrivateDirectory.Failure) {
      try PrivateDirectory.create(path, closes: closes)
      return nil
    } catch { return error }
  }

  @Test("A directory and its parents are created for the owner only; creating it again succeeds")
  func made() throws {
    defer { for path in ["a/b", "a", ""] { rmdir("\(top)/\(path)") } }
    #expect(failure("\(top)/a/b") == nil && failure("\(top)/a/b/") == nil)
    #expect(mode(top) == 0o700 && mode("\(top)/a/b") == 0o700)
  }

  @Test("A directory that others may read is left or made private; one that they may write is refused or made private")
  func others() throws {
    try #require(mkdir(top, 0o755) == 0 && chmod(top, 0o755) == 0)
    defer { rmdir(top) }
    #expect(failure(top) == nil && mode(top) == 0o755)
    chmod(top, 0o777)
    #expect(failure(top)?.kind == .open && failure(top)?.reason == "may be written by others (mode 777)")
    #expect(failure(top, closes: true) == nil && mode(top) == 0o700)
  }

  @Test("A file in its place or in a parent's place is refused")
  func file() throws {
    try #require(close(open(top, O_CREAT | O_WRONLY, 0o600)) == 0)
    defer { unlink(top) }
    #expect(failure(top)?.reason == "is not a directory")
    #expect(failure("\(top)/a")?.kind == .cannotCreate && failure("\(top)/a")?.path == "\(top)/a")
  }

  @Test("Problems are found without a change")
  func problems() throws {
    try #require(mkdir(top, 0o700) == 0)
    defer { rmdir(top) }
    #expect(PrivateDirectory.problem(top) == nil && PrivateDirectory.problem("\(top)/a/b") == nil)
    #expect(mode("\(top)/a") == nil)
    chmod(top, 0o777)
    #expect(PrivateDirectory.problem(top)?.remedy.hasSuffix("`chmod 700 \(top)`") == true)
    for path in ["/dev/null", "/dev/full", "/dev/null/a"] {
      #expect(PrivateDirectory.problem(path)?.remedy == "choose another --cache-dir")
    }
  }
}
