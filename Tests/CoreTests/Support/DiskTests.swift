import Foundation
import TestSupport
import Testing

@testable import Core

/// Regression (fault C13).
@Suite("10.1 no other user has access to the cache directory")
struct DiskTests {
  private let parent = TestPath.unique()

  @Test("a directory that others may write to is refused, with the remedy", arguments: [0o777, 0o720, 0o702])
  func writable(mode: Int) throws {
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: parent)
    let error = #expect(throws: FileSystemError.self) { try Disk.createDirectory(parent) }
    #expect(error?.code == .accessDenied && error?.message.contains("--cache-dir") == true)
  }

  @Test("a private directory is used, and a missing one is created private", arguments: [0o700, 0o755])
  func usable(mode: Int) throws {
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: parent)
    try Disk.createDirectory(parent + "/a/b")
    let made = try FileManager.default.attributesOfItem(atPath: parent + "/a/b")[.posixPermissions] as? Int
    #expect(made == 0o700)
  }

  @Test("symbolic links in it are not followed")
  func links() throws {
    try Disk.createDirectory(parent)
    let target = parent + "/target"
    try Disk.write(Array("theirs".utf8), to: target, durably: false)
    try FileManager.default.createSymbolicLink(atPath: parent + "/new.partial", withDestinationPath: target)
    try FileManager.default.createSymbolicLink(atPath: parent + "/log", withDestinationPath: target)
    #expect(throws: FileSystemError.self) { try Disk.write(Array("ours".utf8), to: parent + "/new", durably: false) }
    #expect(throws: FileSystemError.self) { try Disk.append(Array("ours".utf8), to: parent + "/log", durably: false) }
    #expect(Disk.read(target).map { String(decoding: $0, as: UTF8.self) } == "theirs")
  }

  @Test("a file in its place is refused")
  func file() throws {
    try Disk.createDirectory(parent)
    try Disk.write([], to: parent + "/file", durably: false)
    #expect(throws: FileSystemError.self) { try Disk.createDirectory(parent + "/file") }
  }
}
