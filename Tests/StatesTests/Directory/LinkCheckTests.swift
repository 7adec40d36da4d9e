import Glibc
import Testing

@testable import States

@Suite("Writing to and deleting in a directory")
struct LinkCheckTests {
  private func refusal(_ root: String, _ folder: String) -> String? {
    var check = LinkCheck(root)
    do throws(StateFailure) {
      try check.require(folder)
      return nil
    } catch { return error.message }
  }

  @Test("A symbolic link below the root is refused by name, even a dangling one; the root may be a link")
  func links() throws {
    let world = StateWorld()
    try world.write("fx/orders/a/b", "")
    let root = world.directory + "/fx"
    for (link, target) in [("/fx/orders/a/link", "/tmp"), ("/fx/orders/gone", "nowhere"), ("/alias", "fx")] {
      try #require(symlink(target, world.directory + link) == 0)
    }
    #expect(refusal(root, "\(root)/orders/a") == nil && refusal(root, "\(root)/orders/new/deep") == nil)
    #expect(refusal(root, "\(root)/orders/a/link/x")?.hasPrefix("\(root)/orders/a/link is a symbolic link") == true)
    #expect(refusal(root, "\(root)/orders/gone")?.hasPrefix("\(root)/orders/gone is a symbolic link") == true)
    let alias = world.directory + "/alias"
    #expect(refusal(alias, "\(alias)/orders/a") == nil)
    #expect(refusal(alias, "\(alias)/orders/gone") != nil)
    unlink("\(root)/orders/a/link")
  }

  @Test("Folders without files are removed, and links are not followed")
  func emptyFolders() throws {
    let world = StateWorld()
    let root = world.directory + "/fx"
    try FileAccess.makeDirectories("\(root)/a/b/c", for: .everybody)
    try FileAccess.makeDirectories("\(root)/d", for: .everybody)
    try world.write("outside/file", "")
    try #require(symlink(world.directory + "/outside", "\(root)/d/link") == 0)
    #expect(EmptyFolders.isEmpty("\(root)/a") && !EmptyFolders.isEmpty("\(root)/d"))
    #expect(EmptyFolders.isEmpty("\(root)/d", but: ["link"]))
    #expect(EmptyFolders.remove("\(root)/a") && FileAccess.status("\(root)/a") == nil)
    #expect(!EmptyFolders.remove("\(root)/d") && world.read("outside/file") != nil)
    try FileAccess.makeDirectories("\(root)/e/f", for: .everybody)
    EmptyFolders.removeAbove("\(root)/e/f/gone", below: root)
    #expect(FileAccess.status("\(root)/e") == nil && FileAccess.isDirectory(root))
    unlink("\(root)/d/link")
  }
}
