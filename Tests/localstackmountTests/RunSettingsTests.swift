import ArgumentParser
import Core
import Testing

@testable import localstackmount

struct RunSettingsTests {
  private func settings(_ words: [String], _ environment: [String: String] = ["HOME": "/home/me"]) throws -> RunSettings
  {
    try RunSettings(try CommandArguments.parse(words), environment: environment)
  }

  @Test func `the default mount point is below the home directory`() throws {
    let settings = try settings([])
    #expect(settings.mountPath == "/home/me/mount/localstack" && settings.mountPathIsDefault)
    #expect(try !self.settings(["/mnt"]).mountPathIsDefault)
    #expect(try self.settings(["--http", ":0"]).mountPath == nil)
  }

  @Test func `the cache directory is that of the option, of XDG, or below the home directory`() throws {
    #expect(try settings(["--cache-dir", "/c"]).fileSystem.cacheDirectory == "/c")
    let environment = ["HOME": "/home/me", "XDG_CACHE_HOME": "/caches"]
    #expect(try settings([], environment).fileSystem.cacheDirectory == "/caches/localstackmount")
    let relative = ["HOME": "/home/me", "XDG_CACHE_HOME": "caches"]
    #expect(try settings([], relative).fileSystem.cacheDirectory == "/home/me/.cache/localstackmount")
  }

  @Test func `the password may come from the environment, for the gateway only`() throws {
    let environment = ["HOME": "/home/me", "LOCALSTACKMOUNT_AUTH": "me:x"]
    #expect(try settings(["--http", ":0"], environment).credentials?.user == "me")
    #expect(try settings([], environment).credentials == nil)
    #expect(try settings(["--http", ":0", "--auth-file", "f"], environment).credentials == nil)
    #expect(throws: StartFailure.self) {
      try settings(["--http", ":0"], ["HOME": "/home/me", "LOCALSTACKMOUNT_AUTH": "nonsense"])
    }
  }

  @Test func `options are passed to the file system`() throws {
    let options = try settings(
      ["--ttl", "5", "--read-only", "--umask", "077", "--uid", "7", "--memory", "1M", "--bucket", "box/a"]
    ).fileSystem
    #expect(options.ttl == .seconds(5) && options.readOnly && options.umask == 0o077 && options.owner == 7)
    #expect(options.memory == 1 << 20 && options.buckets.first?.prefix == "a/")
  }

  @Test func `an empty option counts as not given`() throws {
    #expect(try settings(["--endpoint", "", "--region", ""]).endpoint == nil)
  }
}
