import ArgumentParser
import Testing

@testable import localstackmount

struct FstabOptionsTests {
  @Test func `options of mount(8) become options of the command line`() throws {
    #expect(
      try FstabOptions.expand(["/mnt", "-o", "ro,uid=1000,cache_dir=/a b"])
        == ["/mnt", "--read-only", "--uid=1000", "--cache-dir=/a b"])
    #expect(try FstabOptions.expand(["-oallow_other"]) == ["--allow-other"])
    #expect(try FstabOptions.expand(["--", "-o", "ro"]) == ["--", "-o", "ro"])
  }

  @Test func `a comma in a value is escaped, a hyphen is not`() throws {
    #expect(try FstabOptions.expand(["-o", #"cache_dir=/a\,b,bucket=-x"#]) == ["--cache-dir=/a,b", "--bucket=-x"])
  }

  @Test func `options for other programs are ignored`() throws {
    #expect(try FstabOptions.expand(["-o", "rw,nofail,_netdev,x-systemd.automount,comment=hi,"]) == [])
  }

  @Test func `user and users imply noexec, unless exec follows`() throws {
    #expect(try FstabOptions.expand(["-o", "user"]) == ["--noexec"])
    #expect(try FstabOptions.expand(["-o", "exec,users,ro"]) == ["--read-only", "--noexec"])
    #expect(try FstabOptions.expand(["-o", "noexec,exec"]) == [])
    #expect(try FstabOptions.expand(["-o", "rw,noexec,user=me"]) == ["--noexec"])
  }

  @Test(arguments: ["ro=1", "uid", "noexec=1", "remount", "sync", "nonsense", "nonsense=1"])
  func `unknown options are refused`(option: String) {
    #expect(throws: ValidationError.self) { try FstabOptions.expand(["-o", option]) }
  }

  @Test func `what is completed are options that exist, after the last comma`() throws {
    let options = FstabOptions.completions(of: "")
    #expect(options.contains("ro") && options.contains("cache_dir="))
    #expect(FstabOptions.completions(of: "ro,uid=1,pl") == options.map { "ro,uid=1,\($0)" })
    for option in options where !option.hasSuffix("=") { #expect(try FstabOptions.expand(["-o", option]) != []) }
    let all = Set(CommandArguments.helpMessage(columns: 200).split { $0.isWhitespace || $0 == "/" })
    for option in options where option.hasSuffix("=") {
      #expect(all.contains("--\(option.dropLast().replacing("_", with: "-"))"), "\(option)")
    }
    #expect(options.allSatisfy { LocalstackMount.helpMessage(columns: 80).contains($0.prefix { $0 != "=" }) })
  }

  @Test func `a mistyped option is corrected`() {
    for (typed, meant) in [("allow_ohter", "allow_other"), ("endpiont=x", "endpoint"), ("noexce", "noexec")] {
      #expect { try FstabOptions.expand(["-o", typed]) } throws: { "\($0)".contains("Did you mean -o \(meant)?") }
    }
  }

  @Test func `-o is followed by options`() {
    #expect(throws: ValidationError.self) { try FstabOptions.expand(["-o"]) }
  }
}
