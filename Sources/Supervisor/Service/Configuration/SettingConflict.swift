/// Two values that do not go together, each of them right alone.
package struct SettingConflict: Sendable, Equatable {
    /// The setting that is blamed: the key of a deployment.
    package let setting: String
    /// What else takes part, for whoever looks where it was said.
    package let others: [String]
    /// What is wrong, as a sentence without a full stop.
    package let message: String
    /// What to do about it.
    package let hint: String

    init(_ setting: String, with others: [String] = [], _ message: String, hint: String) {
        self.setting = setting
        self.others = others
        self.message = message
        self.hint = hint
    }
}
