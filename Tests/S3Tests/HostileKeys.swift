import S3

/// Keys that S3 allows and that intermediate layers often corrupt.
enum HostileKeys {
  static let all: [ObjectKey] = [
    "/", "//", "a//b", "/leading", "trailing/", "x//", "///x", ".", "..", "a/./b", "a/../b", "../../etc/passwd", "a/.",
    "a b",
    " lead",
    "trail ",
    "plus+sign", "percent%20literal", "%2F", "what?no=query", "hash#tag", "amp&ersand", "semi;colon", "eq=ual",
    "at@sign",
    "quote\"double", "quote'single", "<xml>&amp;</xml>", "]]>", "back\\slash", "new\nline", "carriage\rreturn",
    "tab\tbed",
    "bell\u{7}", "escape\u{1B}[0m", "unit\u{1F}", "delete\u{7F}", "日本語/ファイル.txt", "emoji-🪣", "é", "e\u{301}",
    "c1\u{85}next", "ffff\u{FFFE}", "~tilde_-.", "*(!)$,:|^`{}[]", "a-", "a/", "a0",
  ]
}
