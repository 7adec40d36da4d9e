@main
enum LocalstackMount {
  static func main() { print("not yet") }
}
