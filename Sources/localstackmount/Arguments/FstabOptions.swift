internal import ArgumentParser

/// Translates the options of `-o`, as mount(8) and /etc/fstab pass them, to those of the command line: `ro,uid=1000`
/// becomes `--read-only --uid 1000`.
enum FstabOptions {
  /// Options without a value.
  private static let flags = [
    "ro": "--read-only", "read_only": "--read-only", "allow_other": "--allow-other", "write_back": "--write-back",
    "plain": "--plain",
  ]
  /// The options without a value that are offered to users: without other spellings.
  private static let offeredFlags = ["ro", "noexec", "allow_other", "write_back", "plain"]
  /// Options with a value; their names are those of the command line, with `_` for `-`.
  private static let valued = [
    "endpoint", "region", "profile", "bucket", "uid", "gid", "umask", "ttl", "metadata", "notify", "cache_dir",
    "cache_size", "memory", "timeout", "http", "auth_file", "log_level",
  ]
  /// Options by which programs of the mount may run, or not; the last one counts. fstab(5): user and users imply
  /// noexec.
  private static let aboutPrograms = ["noexec": false, "user": false, "users": false, "exec": true]
  /// Options for mount(8), systemd and fstab, and those that apply to every FUSE mount anyway.
  private static let forOthers: Set = [
    "rw", "defaults", "auto", "noauto", "nouser", "owner", "group", "nofail", "_netdev", "netdev",
    "nosuid", "suid", "nodev", "dev", "noatime", "atime", "relatime", "norelatime", "strictatime", "lazytime",
    "nolazytime", "diratime", "nodiratime", "async", "silent", "loud", "mand", "nomand", "iversion", "noiversion",
    "default_permissions", "nonempty", "auto_unmount",
  ]
  /// Libmount notes in `user` who mounted.
  private static let forOthersWithValue: Set = ["comment", "fsname", "subtype", "user"]

  /// The paragraph about `-o` in the help, wrapped as the rest of it is.
  static var help: String {
    let names = "\(offeredFlags.joined(separator: ", ")), and NAME=VALUE for \(valued.joined(separator: ", "))"
    let text =
      "-o OPTIONS, in the form of mount(8) and /etc/fstab: \(names). Options for mount(8) or systemd are ignored."
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count > 78 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n")
  }

  /// Returns what the word after `-o` can become: what is before its last comma, followed by each option.
  static func completions(of typed: String) -> [String] {
    let given = typed.lastIndex(of: ",").map { String(typed[...$0]) } ?? ""
    return (offeredFlags + valued.map { "\($0)=" }).map { given + $0 }
  }

  /// Returns the arguments with each `-o` replaced by its options.
  static func expand(_ arguments: [String]) throws(ValidationError) -> [String] {
    var expanded: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return expanded + [argument] + rest }
      if argument == "-o" {
        guard let list = rest.popFirst() else { throw ValidationError("-o is followed by options: -o ro,uid=1000.") }
        expanded += try words(list)
      } else if argument.hasPrefix("-o"), argument.count > 2 {
        expanded += try words(String(argument.dropFirst(2)))
      } else {
        expanded.append(argument)
      }
    }
    return expanded
  }

  private static func words(_ list: String) throws(ValidationError) -> [String] {
    var words: [String] = []
    var runsPrograms = true
    for option in split(list) {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0]
      if name.isEmpty || name.hasPrefix("x-") || name.hasPrefix("X-") { continue }
      if parts.count == 1, let runs = aboutPrograms[name] {
        runsPrograms = runs
      } else if parts.count == 1, let flag = flags[name] {
        words.append(flag)
      } else if parts.count == 2, valued.contains(name) {
        // One word, so that a value may begin with a hyphen.
        words.append("--\(name.replacing("_", with: "-"))=\(parts[1])")
      } else if parts.count == 1 ? !forOthers.contains(name) : !forOthersWithValue.contains(name) {
        throw ValidationError(refusal(name, hasValue: parts.count == 2))
      }
    }
    return runsPrograms ? words : words + ["--noexec"]
  }

  private static func refusal(_ name: String, hasValue: Bool) -> String {
    if flags[name] != nil { return "-o \(name) takes no value." }
    if valued.contains(name) { return "-o \(name) needs a value: \(name)=…" }
    if name == "remount" {
      return "-o remount is not supported: unmount the directory, and mount it again with the new options."
    }
    if !hasValue, name == "sync" || name == "dirsync" {
      return "-o \(name) is not needed: without -o write_back, S3 has a file when close(2) returns. Leave it out."
    }
    let near = Spelling.nearest(name, in: flags.keys.sorted() + valued + aboutPrograms.keys.sorted())
    return "-o \(name) is no option of localstackmount." + (near.map { " Did you mean -o \($0)?" } ?? "")
  }

  /// Splits at commas; `\,` is a comma of a value.
  private static func split(_ list: String) -> [String] {
    var options = [""]
    var isEscaped = false
    for character in list {
      if isEscaped {
        options[options.count - 1] += character == "," ? "," : "\\\(character)"
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "," {
        options.append("")
      } else {
        options[options.count - 1].append(character)
      }
    }
    if isEscaped { options[options.count - 1] += "\\" }
    return options
  }
}
