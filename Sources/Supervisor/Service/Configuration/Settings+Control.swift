/// How operators reach the server.
extension Settings {
    static let control: [Setting<Configuration>] = [
        .optionalText(
            \.controlSocket, .path,
            .init(
                "control.socket", flag: "--control-socket", from: [.own(ControlFinder.socketVariable)],
                "Unix socket over which `supervisor status` and the other commands of operators reach the server; mode "
                    + "0600, at most 107 bytes long.",
                why: "those commands find it there by themselves",
                default: "`control.sock` in the server's folder of `state_dir`")),
        Setting(
            .init(
                "admin.listen", flag: "--admin-listen", from: [.own("SUPERVISOR_ADMIN_LISTEN")],
                "Address at which operators may do over HTTP what they may do over the control socket: HOST:PORT, "
                    + "[IPV6]:PORT or unix:PATH; several are allowed. Needs `admin.token_file`.",
                why: "whoever can stop workers should be on this machine unless somebody asks for more",
                default: "nowhere"),
            .addresses,
            read: { $0.admin.listen.isEmpty ? .none : .addresses($0.admin.listen) },
            write: { if case .addresses(let value) = $1 { $0.admin.listen = value } }),
        .optionalText(
            \.admin.tokenFile, .path,
            .init(
                "admin.token_file", flag: "--admin-token-file", from: [.own("SUPERVISOR_ADMIN_TOKEN_FILE")],
                "File with the token that requests over `admin.listen` must show as `Authorization: Bearer TOKEN`: one "
                    + "word of 16 to 1024 characters. It must not be readable by everybody.",
                why: "a token on a command line or in the environment is seen by others",
                default: "none, which is an error where `admin.listen` is set")),
    ]
}
