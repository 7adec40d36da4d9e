import S3
import Testing

@testable import Core

struct LocalNamesTests {
  private let bucket = DirectoryLocation(bucket: "bucket")
  private let directory = DirectoryLocation(bucket: "bucket", prefix: "a/b/")
  private let file: ByteName = "file"

  @Test func `a kept directory keeps its parents, too`() {
    var names = LocalNames()
    #expect(!names.keeps(directory) && names.keeps(bucket))
    names.keep(directory, since: 0)
    #expect(names.keeps(directory) && names.keeps(DirectoryLocation(bucket: "bucket", prefix: "a/")))
    #expect(!names.keeps(DirectoryLocation(bucket: "other", prefix: "a/")))
  }

  @Test func `new files are found by their directory and by any parent, and are not listed as directories`() {
    var names = LocalNames()
    names.set(.newFile, file, of: directory)
    #expect(names.newFiles(in: directory) == [file] && names.newFiles(in: bucket).isEmpty)
    #expect(names.hasNewFiles(below: bucket) && !names.hasNewFiles(below: DirectoryLocation(bucket: "other")))
    var listing = DirectoryListing()
    names.overlay(&listing, of: directory)
    #expect(listing.children.isEmpty)
    names.set(nil, file, of: directory)
    #expect(!names.hasNewFiles(below: bucket))
  }

  @Test func `a kept directory is shown in the listing of its parent`() {
    var names = LocalNames()
    names.keep(directory, since: 0)
    var listing = DirectoryListing()
    names.overlay(&listing, of: DirectoryLocation(bucket: "bucket", prefix: "a/"))
    #expect(listing.children["b"]?.isDirectory == true && listing.children.count == 1)
  }

  @Test func `names move with any directory above them`() {
    var names = LocalNames()
    names.set(.newFile, file, of: directory)
    names.set(.newFile, file, of: DirectoryLocation(bucket: "bucket", prefix: "ab/"))
    names.move(
      DirectoryLocation(bucket: "bucket", prefix: "a/"), to: DirectoryLocation(bucket: "other", prefix: "c/d/"))
    #expect(names.newFiles(in: directory).isEmpty)
    #expect(names.newFiles(in: DirectoryLocation(bucket: "other", prefix: "c/d/b/")) == [file])
    #expect(names.newFiles(in: DirectoryLocation(bucket: "bucket", prefix: "ab/")) == [file])
  }

  @Test func `forgetting a directory forgets all names at and below it`() {
    var names = LocalNames()
    names.set(.newFile, file, of: directory)
    names.set(.newFile, file, of: bucket)
    names.forget(below: DirectoryLocation(bucket: "bucket", prefix: "a/"))
    #expect(names.newFiles(in: directory).isEmpty && names.newFiles(in: bucket) == [file])
  }

  @Test func `each change has a new revision`() {
    var names = LocalNames()
    var seen: Set<UInt64> = [names.revision]
    names.set(.newFile, file, of: directory)
    seen.insert(names.revision)
    names.keep(directory, since: 0)
    seen.insert(names.revision)
    names.move(directory, to: bucket)
    seen.insert(names.revision)
    names.forget(below: bucket)
    seen.insert(names.revision)
    #expect(seen.count == 5)
  }
}
