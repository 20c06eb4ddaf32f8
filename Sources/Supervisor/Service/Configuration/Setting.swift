/// One thing an operator can decide: what it is called in the file, in the environment and on the command line, what
/// it may be, and why its default is what it is. Loader, help, `--print-config` and the reference all read this.
package struct Setting<Root: Sendable>: Sendable {
    /// Its keys in the file, outermost first: `["limits", "connections"]`.
    package let path: [String]
    /// Its flag with dashes; nil when it has none.
    package let flag: String?
    /// The environment variables that set it; the first one present counts.
    package let variables: [SettingVariable]
    /// What values it takes.
    package let type: SettingType
    /// What it does: one sentence.
    package let summary: String
    /// Why the default is what it is: one sentence.
    package let reason: String
    /// What the default is, where it cannot be shown as a value.
    package let defaultText: String?
    /// The value in force.
    package let read: @Sendable (Root) -> SettingValue
    /// Takes a value that ``type`` has accepted.
    let write: @Sendable (inout Root, SettingValue) -> Void

    /// The path as people write it: `limits.connections`.
    package var name: String { path.joined(separator: ".") }
}

/// An environment variable that sets a setting.
package struct SettingVariable: Sendable {
    /// In which form it is written.
    package enum Form: Sendable {
        /// Like the flag.
        case plain
        /// A bare number means milliseconds, as the name says.
        case milliseconds
        /// Whole seconds only, as Cog has it.
        case wholeSeconds
    }

    /// Its name.
    package let name: String
    /// In which form it is written.
    package let form: Form
    /// Whether a bad value is a warning and then ignored, as Cog does with its own variables, and no error.
    package let isTolerant: Bool

    /// One of ours: a bad value is an error.
    static func own(_ name: String, _ form: Form = .plain) -> SettingVariable {
        SettingVariable(name: name, form: form, isTolerant: false)
    }

    /// One of Cog's: a bad value is a warning.
    static func cog(_ name: String, _ form: Form = .plain) -> SettingVariable {
        SettingVariable(name: name, form: form, isTolerant: true)
    }
}

/// The value of a setting.
package enum SettingValue: Sendable, Equatable {
    /// Nobody has decided, or it is switched off.
    case none
    case integer(Int)
    case bytes(Int)
    case duration(Nanoseconds)
    case boolean(Bool)
    case text(String)
    case texts([String])
    case addresses([ListenAddress])
    case environment([EnvironmentEntry])
    case integers([Int])
    case decimal(Double)
    case limits([ResourceLimit])
}

extension Setting {
    /// What all settings have besides their type.
    struct Description {
        let path: [String]
        let flag: String?
        let variables: [SettingVariable]
        let summary: String
        let reason: String
        let defaultText: String?

        init(
            _ name: String, flag: String? = nil, from variables: [SettingVariable] = [], _ summary: String,
            why reason: String, default defaultText: String? = nil
        ) {
            path = name.split(separator: ".").map(String.init)
            self.flag = flag
            self.variables = variables
            self.summary = summary
            self.reason = reason
            self.defaultText = defaultText
        }
    }

    init(
        _ description: Description, _ type: SettingType, read: @escaping @Sendable (Root) -> SettingValue,
        write: @escaping @Sendable (inout Root, SettingValue) -> Void
    ) {
        self.init(
            path: description.path, flag: description.flag, variables: description.variables, type: type,
            summary: description.summary, reason: description.reason, defaultText: description.defaultText,
            read: read, write: write)
    }

    static func integer(
        _ key: WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>, _ description: Description
    ) -> Setting {
        Setting(description, .integer(range)) {
            .integer($0[keyPath: key])
        } write: {
            if case .integer(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func optionalInteger(
        _ key: WritableKeyPath<Root, Int?> & Sendable, _ range: ClosedRange<Int>, _ description: Description
    ) -> Setting {
        Setting(description, .integer(range)) {
            $0[keyPath: key].map(SettingValue.integer) ?? .none
        } write: {
            if case .integer(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func bytes(
        _ key: WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>, _ description: Description
    ) -> Setting {
        Setting(description, .bytes(range)) {
            .bytes($0[keyPath: key])
        } write: {
            if case .bytes(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func duration(
        _ key: WritableKeyPath<Root, Nanoseconds> & Sendable, _ range: ClosedRange<Nanoseconds>,
        _ description: Description
    ) -> Setting {
        Setting(description, .duration(range, zeroIsOff: false)) {
            .duration($0[keyPath: key])
        } write: {
            if case .duration(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    /// A duration of which 0 means that there is none.
    static func optionalDuration(
        _ key: WritableKeyPath<Root, Nanoseconds?> & Sendable, _ range: ClosedRange<Nanoseconds>,
        _ description: Description
    ) -> Setting {
        Setting(description, .duration(range, zeroIsOff: true)) {
            .duration($0[keyPath: key] ?? 0)
        } write: {
            if case .duration(let value) = $1 { $0[keyPath: key] = value == 0 ? nil : value }
        }
    }

    static func boolean(_ key: WritableKeyPath<Root, Bool> & Sendable, _ description: Description) -> Setting {
        Setting(description, .boolean) {
            .boolean($0[keyPath: key])
        } write: {
            if case .boolean(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func optionalBoolean(_ key: WritableKeyPath<Root, Bool?> & Sendable, _ description: Description) -> Setting {
        Setting(description, .boolean) {
            $0[keyPath: key].map(SettingValue.boolean) ?? .none
        } write: {
            if case .boolean(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func text(
        _ key: WritableKeyPath<Root, String> & Sendable, _ type: SettingType, _ description: Description
    ) -> Setting {
        Setting(description, type) {
            .text($0[keyPath: key])
        } write: {
            if case .text(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    static func optionalText(
        _ key: WritableKeyPath<Root, String?> & Sendable, _ type: SettingType, _ description: Description
    ) -> Setting {
        Setting(description, type) {
            $0[keyPath: key].map(SettingValue.text) ?? .none
        } write: {
            if case .text(let value) = $1 { $0[keyPath: key] = value }
        }
    }
}
