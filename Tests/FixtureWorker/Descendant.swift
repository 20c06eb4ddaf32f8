import Glibc

/// A process that a fixture worker starts, and that may be hard to get rid of. It is this program again.
///
/// KINDS are words with `+` between them:
///
/// | kind        | what it is                                                                   |
/// |-------------|------------------------------------------------------------------------------|
/// | plain       | a child                                                                      |
/// | setsid      | goes into a session of its own                                               |
/// | double      | its parent is gone, so whoever adopts orphans has it                         |
/// | ignore-term | ignores SIGTERM, SIGINT and SIGHUP                                           |
/// | pipes       | holds standard output and error of the worker open; others have the null device |
///
/// Each opens the FIFO that FIXTURE_ALIVE names, if it does, writes a line `PID KINDS` to it once it is what it is meant
/// to be, and holds it open: who reads it learns when they are there, and by its end that all are gone.
struct Descendant {
    private let kinds: [String]

    /// Nothing that a test forgot lives longer than ten minutes.
    private static let longestLife: UInt32 = 600

    /// The first argument of a program that is a descendant.
    private static let argument = "--descendant"

    init(_ kinds: String) {
        self.kinds = kinds.split(separator: "+").map(String.init)
    }

    /// Starts it, and waits for what is only there so that it loses its parent.
    func start() {
        let process = spawn(kinds)
        if kinds.contains("double"), process > 0 { waitpid(process, nil, 0) }
    }

    private func spawn(_ kinds: [String]) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if !kinds.contains("pipes") {
            for standard: Int32 in 0...2 {
                posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0)
            }
        }
        var process = pid_t()
        let words: [String] = ["fixture", Self.argument, kinds.joined(separator: "+")]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // With the worker's environment, so that its mark is inherited.
        return posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environ) == 0 ? process : -1
    }

    /// Is one, if the program was started as one.
    static func beOneIfAsked() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, arguments[1] == argument else { return }
        Descendant(arguments[2]).live()
    }

    private func live() -> Never {
        alarm(Self.longestLife)
        if kinds.contains("setsid") { setsid() }
        if kinds.contains("double") {
            _ = spawn(kinds.filter { $0 != "double" && $0 != "setsid" } + ["adopted"])
            _exit(0)
        }
        if kinds.contains("ignore-term") { for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) } }
        if !kinds.contains("pipes") { for descriptor: Int32 in 3..<256 { close(descriptor) } }
        reportAlive(kinds.joined(separator: "+"))
        while true { pause() }
    }
}
