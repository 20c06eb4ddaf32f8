import Glibc

/// A user of the system with the groups that he is in, as numbers.
package struct UserIdentity: Equatable, Sendable {
    package let user: UInt32
    package let group: UInt32
    /// All groups, `group` included.
    package let groups: [UInt32]

    /// Nobody is in more groups than the kernel allows.
    private static let groupLimit = 65_536
    /// For the texts of one entry of the user or group file.
    private static let textSize = 64 * 1_024

    package init(user: UInt32, group: UInt32, groups: [UInt32]) {
        self.user = user
        self.group = group
        self.groups = groups
    }

    /// Looks a user up by name or number, and a group, if one is given, instead of his first. May block: the system may
    /// ask a directory on the network.
    ///
    /// - Throws: `getpwnam` or `getgrnam` with ENOENT for one that is not known.
    package static func find(user: String, group: String?) throws(SystemError) -> UserIdentity {
        var text = [CChar](repeating: 0, count: textSize)
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        if let number = UInt32(user) {
            _ = getpwuid_r(number, &entry, &text, text.count, &found)
        } else {
            _ = getpwnam_r(user, &entry, &text, text.count, &found)
        }
        let wanted: UInt32?
        if let group { wanted = try number(ofGroup: group) } else { wanted = nil }
        guard found != nil, let name = entry.pw_name else {
            // A number needs no entry: containers run as users that nobody has named.
            guard let number = UInt32(user) else { throw SystemError("getpwnam", ENOENT, subject: user) }
            let group = wanted ?? number
            return UserIdentity(user: number, group: group, groups: [group])
        }
        let first = wanted ?? entry.pw_gid
        var count = Int32(groupLimit)
        var groups = [gid_t](repeating: 0, count: groupLimit)
        guard getgrouplist(name, first, &groups, &count) >= 0 else {
            throw SystemError("getgrouplist", E2BIG, subject: user)
        }
        return UserIdentity(user: entry.pw_uid, group: first, groups: Array(groups.prefix(Int(count))))
    }

    private static func number(ofGroup name: String) throws(SystemError) -> UInt32 {
        if let number = UInt32(name) { return number }
        var text = [CChar](repeating: 0, count: textSize)
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        _ = getgrnam_r(name, &entry, &text, text.count, &found)
        guard found != nil else { throw SystemError("getgrnam", ENOENT, subject: name) }
        return entry.gr_gid
    }
}
