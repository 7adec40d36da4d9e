import Foundation
import Synchronization
import Testing

@testable import S3

@Suite("credential_process, and sources of credentials that only AWS's tools support")
struct CredentialProcessTests {
  private static let answer = #"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t"}"#

  private func config(_ setting: String) -> [String: String] {
    ["/home/u/.aws/config": "[profile p]\n\(setting)\n[default]\n\(setting)\n"]
  }

  private func resolve(
    _ setting: String, profile: String? = "p", endpoint: String = "https://s3.example.com"
  ) throws(ConfigurationError) -> S3Configuration {
    let files = config(setting)
    return try S3Settings(endpoint: endpoint, profile: profile)
      .resolve(environment: ["HOME": "/home/u", "PATH": "/usr/bin:/bin"]) { files[$0] }
  }

  @Test("its output is used, for the default profile too")
  func answered() throws {
    let setting = "credential_process = printf '%s' '\(Self.answer)'"
    let expected = Credentials(accessKeyID: "AKIA", secretAccessKey: "s", sessionToken: "t")
    for profile in ["p", nil] {
      let configuration = try resolve(setting, profile: profile)
      #expect(configuration.credentials == expected)
      #expect(configuration.credentialProcess != nil)
    }
  }

  @Test("no process is started for an emulator, unless the profile is named")
  func local() throws {
    let setting = "credential_process = printf '%s' '\(Self.answer)'"
    #expect(try resolve(setting, profile: nil, endpoint: "http://localhost:4566").credentials == .test)
    #expect(try resolve(setting, endpoint: "http://localhost:4566").credentials.accessKeyID == "AKIA")
  }

  @Test(
    "a failure is a sentence that names the profile and contains no secret",
    arguments: [
      ("false", "exit status 1"), ("/no/such/program", "cannot be started"), ("printf hush", "did not print JSON"),
      (#"printf '{"Version":2,"AccessKeyId":"a","SecretAccessKey":"hush"}'"#, "version 2"), ("'open", "open quote"),
      (#"printf '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"hush","Expiration":"soon"}'"#, "no time in UTC"),
      (
        #"printf '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"hush","Expiration":"2020-02-03T04:05:06+00:00"}'"#,
        "expired at 2020-02-03T04:05:06Z"
      ),
    ])
  func failures(command: String, said: String) {
    do throws(ConfigurationError) {
      _ = try resolve("credential_process = \(command)")
      Issue.record("accepted: \(command)")
    } catch {
      #expect(error.description.hasPrefix("credential_process of the profile \"p\" "))
      #expect(error.description.contains(said))
      #expect(!error.description.contains("hush"))
    }
  }

  @Test("a process that does not end in time is killed")
  func endless() {
    #expect(throws: CredentialProcess.Failure.self) {
      try CredentialProcess("sleep 30", timeout: .milliseconds(100)).run()
    }
  }

  @Test("a slow process is reported once, a quick one never")
  func slow() throws {
    let reports = Mutex<[String]>([])
    func run(_ command: String) throws {
      _ = try CredentialProcess(command, patience: .milliseconds(50)) { text in reports.withLock { $0.append(text) } }
        .run()
    }
    try run("printf '%s' '\(Self.answer)'")
    #expect(reports.withLock { $0 } == [])
    try run(
      "sh -c \"sleep 0.4; printf '{'; sleep 0.4; printf '%s' '\(Self.answer.dropFirst().replacing("\"", with: "\\\""))'\""
    )
    #expect(reports.withLock { $0 } == ["waiting for credential_process, up to 60 s: sh"])
  }

  @Test("credentials that cannot be renewed are reported once for each reason")
  func renewalFails() async throws {
    let reports = Mutex<[String]>([])
    var old = Credentials(accessKeyID: "OLD", secretAccessKey: "s")
    old.expires = Timestamp(seconds: 1000)
    let process = CredentialProcess("false") { text in reports.withLock { $0.append(text) } }
    let keeper = CredentialKeeper(old, region: "r", process: process)
    for _ in 1...3 { await keeper.prepare(now: Timestamp(seconds: 2000)) }
    #expect(reports.withLock { $0 } == ["the credentials are not renewed: credential_process ended with exit status 1"])
  }

  @Test(
    "the command line is split as in a shell, without running a shell",
    arguments: [
      ("a b", ["a", "b"]), ("  a\t'b c' \"d e\"f ", ["a", "b c", "d ef"]),
      (#"a\ b "c\"d" 'e\f' "g\h""#, ["a b", #"c"d"#, #"e\f"#, #"g\h"#]),
      ("a ''", ["a", ""]), ("a $HOME `x` ; |", ["a", "$HOME", "`x`", ";", "|"]),
    ])
  func words(line: String, expected: [String]) throws {
    #expect(try CredentialProcess.words(line) == expected)
  }

  @Test(
    "roles, SSO and web identities are refused with what to run instead; an emulator needs none",
    arguments: [
      "role_arn = arn:aws:iam::1:role/r", "sso_session = s", "sso_start_url = https://x", "login_session = l",
    ])
  func unsupported(setting: String) throws {
    for profile in ["p", nil] {
      do throws(ConfigurationError) {
        _ = try resolve(setting, profile: profile)
        Issue.record("accepted")
      } catch {
        #expect(error.description.contains("aws configure export-credentials --profile \(profile ?? "default")"))
      }
    }
    #expect(try resolve(setting, endpoint: "http://localhost:4566").credentials == .test)
  }

  @Test("expiring credentials are renewed in the background, expired ones before the next request")
  func renewal() async throws {
    let directory = NSTemporaryDirectory() + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try #"{"Version":1,"AccessKeyId":"NEW","SecretAccessKey":"s","Expiration":"2999-01-01T00:00:00+00:00"}"#
      .write(toFile: directory + "/answer", atomically: true, encoding: .utf8)
    var old = Credentials(accessKeyID: "OLD", secretAccessKey: "s")
    old.expires = Timestamp(seconds: 1000)
    let process = CredentialProcess("cat \(directory)/answer")

    let keeper = CredentialKeeper(old, region: "r", process: process)
    await keeper.prepare(now: Timestamp(seconds: 100))
    #expect(keeper.current.credentials.accessKeyID == "OLD")
    await keeper.prepare(now: Timestamp(seconds: 1000))
    #expect(keeper.current.credentials.accessKeyID == "NEW")
    #expect(keeper.current.credentials.expires?.seconds == 32_472_144_000)

    let broken = CredentialKeeper(old, region: "r", process: CredentialProcess("false"))
    await broken.prepare(now: Timestamp(seconds: 2000))
    #expect(broken.current.credentials.accessKeyID == "OLD")
  }
}
