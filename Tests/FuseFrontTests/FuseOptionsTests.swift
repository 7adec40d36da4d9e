import Testing

@testable import FuseFront

struct FuseOptionsTests {
  @Test func `the kernel checks permissions, and reads are as large as writes`() {
    let words = FuseOptions().mountOptions.split(separator: ",")
    #expect(words.contains("default_permissions"))
    #expect(words.contains("max_read=1048576"))
    #expect(words.contains("subtype=localstackmount"))
    #expect(!words.contains("allow_other") && !words.contains("ro") && !words.contains("auto_unmount"))
  }

  @Test func `the chosen options are passed on`() {
    var options = FuseOptions()
    options.allowOther = true
    options.readOnly = true
    #expect(options.mountOptions.hasSuffix(",allow_other,ro"))
  }

  @Test func `a comma in the source's name does not start another option`() {
    var options = FuseOptions()
    options.sourceName = #"http://h/a,ro\b"#
    #expect(options.mountOptions.hasPrefix(#"fsname=http://h/a\,ro\\b,"#))
  }
}
