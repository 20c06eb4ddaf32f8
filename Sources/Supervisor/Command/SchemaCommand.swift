import Service

/// `supervisor schema DIR`: the OpenAPI document of a Cog model.
enum SchemaCommand {
    static func run(path: String?, flags: [FlagValue]) -> Int32 {
        SchemaPrinter.run(path: path, flags: flags, in: .ofProcess())
    }
}
