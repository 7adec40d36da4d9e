internal import ArgumentParser
private import Basics

/// The whole command as one tree, for the completion scripts only.
private struct CompletionRoot: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "localstackmount", subcommands: Subcommands.all)

  @OptionGroup var arguments: CommandArguments
}

/// The completion scripts. The library's would take the first word for the mount point and look for a command behind
/// it; here the first word is a command, or else all is about a mount (`Subcommands`).
enum CompletionScript {
  /// Returns the script that the arguments request; nil if they request none.
  static func requested(by arguments: [String]) throws(ValidationError) -> String? {
    let option = "--generate-completion-script"
    guard let first = arguments.first, first == option || first.hasPrefix(option + "=") else { return nil }
    let name = first == option ? arguments.dropFirst().first : String(first.dropFirst(option.count + 1))
    guard let shell = name.map({ CompletionShell(rawValue: $0) }) ?? CompletionShell.autodetected() else {
      let known = CompletionShell.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("Name the shell after \(option): \(known).")
    }
    return script(for: shell)
  }

  static func script(for shell: CompletionShell) -> String {
    var script = CompletionRoot.completionScript(for: shell)
    for (old, new) in changes(for: shell) {
      guard let range = script.firstRange(of: old) else { preconditionFailure("the \(shell) script has no \(old)") }
      script.replaceSubrange(range, with: new)
    }
    return script
  }

  private static var names: String { (Subcommands.names + ["help"]).joined(separator: " ") }

  /// Returns what is replaced, once each. The root's function is the first of a script.
  private static func changes(for shell: CompletionShell) -> [(old: String, new: String)] {
    switch shell {
    case .bash:
      [
        (
          "__localstackmount_offer_flags_options 1\n",
          """
          local -i mount_points=1
              [[ "${COMP_CWORD}" -gt 1 && " \(names) " = *" ${COMP_WORDS[1]} "* ]] && mount_points=0
              __localstackmount_offer_flags_options "${mount_points}"

          """
        ),
        (
          "    1)\n",
          """
              1)
                  [[ "${COMP_CWORD}" -eq 1 ]] && COMPREPLY+=($(compgen -W '\(names)' -- "${cur}"))

          """
        ),
        (
          "        COMPREPLY+=($(compgen -W '\(names)' -- \"${cur}\"))\n        ;;\n    esac\n}",
          "        ;;\n    esac\n}"
        ),
        (
          // The next option, or a value, follows at once.
          " -o \"${COMP_CWORD}\" \"$(__localstackmount_cursor_index_in_current_word)\")\"\n",
          """
           -o "${COMP_CWORD}" "$(__localstackmount_cursor_index_in_current_word)")"
                  compopt -o nospace 2>/dev/null

          """
        ),
        (
          "_localstackmount_help() {\n    :",
          "_localstackmount_help() {\n    COMPREPLY+=($(compgen -W '\(names)' -- \"${cur}\"))"
        ),
      ]
    case .zsh:
      [
        // Of -o alone: the next option, or a value, follows at once.
        (
          "        __localstackmount_complete \"${completions[@]:0:-1}\"",
          """
                  completions=("${completions[@]:0:-1}")
                  _describe -V '' completions -S ''
          """
        ),
        ("        '(-): :->command'\n        '(-)*:: :->arg'\n", ""),
        (
          "    _arguments -w -s -S",
          """
              local -ar commands=(
          \(described.map { "        \(ShellWord.quoted($0))" }.joined(separator: "\n"))
              )
              if (( CURRENT == 2 )); then
                  _describe -V command commands && ret=0
              elif [[ " \(names) " = *" ${words[2]} "* ]]; then
                  shift words
                  (( CURRENT-- ))
                  "_localstackmount_${words[1]}"
                  return
              fi
              _arguments -w -s -S
          """
        ),
        ("'*:subcommands:'", "'*:command:(\(names))'"),
      ]
    case .fish:
      [
        (
          "__localstackmount_parse_subcommand 1 ",
          "__localstackmount_parse_subcommand (contains -- \"$unparsed_tokens[2]\" \(names); and echo 0; or echo 1) "
        ),
        // The library's function uses the cursor's place, which fish 3 does not know in `complete -C`.
        (
          "(__localstackmount_custom_completion ---completion -- -o "
            + "(count (__localstackmount_tokens -pc)) (__localstackmount_tokens -tC))",
          "(printf \"%s\\n\" (string replace -r \"[^,]*\\$\" \"\" -- \"$(commandline -ct)\")"
            + "{\(FstabOptions.completions(of: "").joined(separator: ","))})"
        ),
      ]
        + names.split(separator: " ").map { name in
          ("\"localstackmount\" -eq 2' -fa '\(name)'", "\"localstackmount\" -eq 1' -fa '\(name)'")
        } + [("-d 'Show subcommand help information.'\n", "-d 'Show the help of a command.'\n\(helpInFish)\n")]
    default: []
    }
  }

  private static var helpInFish: String {
    "complete -c 'localstackmount' -n '__fish_seen_subcommand_from help' -fa '\(names)'"
  }

  private static var described: [String] {
    Subcommands.all.map { "\($0.configuration.commandName ?? ""):\($0.configuration.abstract)" }
      + ["help:Show the help of a command."]
  }
}
